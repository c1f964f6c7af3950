// CPU time and memory of a part of a system.
#pragma once

#include "tools/harness/process.hpp"

#include <string>

namespace monopod::experiment {

struct part_usage {
  std::string part;
  double cpu_s = 0; // user and system time of all threads, including those that ended
  double resident_bytes = 0;
};

/// Reads the usage of a process of this machine (/proc/PID/stat, /proc/PID/statm); zeros if it is
/// gone.
part_usage usage_of(const harness::named_process& p);

} // namespace monopod::experiment
