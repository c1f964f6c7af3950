#include "actors/metrics.hpp"

#include "core/version.hpp"

namespace monopod {

// The constructor is here so that a commit compiles only this file again.
metrics::metrics() { build_info(version, commit).Set(1); }

} // namespace monopod
