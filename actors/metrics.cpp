#include "actors/metrics.hpp"

#include "core/version.hpp"

namespace monopod {

// Here, so that only this file is compiled again for each commit.
metrics::metrics() { build_info(version, commit).Set(1); }

} // namespace monopod
