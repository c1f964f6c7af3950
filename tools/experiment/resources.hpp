// CPU and memory of a system, at rest and while a camera streams, as the thesis's Prometheus
// measured them.
#pragma once

#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"
#include "tools/experiment/variants.hpp"

#include <string>

namespace monopod::experiment {

/// A row for each second of both phases: streaming (0 or 1), t_s, cpu_cores and rss_mb (10^6
/// bytes), summed over the system's parts by a real Prometheus. std::runtime_error if the system
/// or Prometheus does not work.
sample_table measure_resources(const variant& v, const std::string& bin, const settings& s);

} // namespace monopod::experiment
