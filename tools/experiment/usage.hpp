// What a part of a system uses.
#pragma once

#include "tools/harness/process.hpp"

#include <string>

namespace monopod::experiment {

struct part_usage {
  std::string part;
  double cpu_s = 0; // user and system, of all threads, those that ended too
  double resident_bytes = 0;
};

/// Of a process of this machine (/proc/PID/stat, /proc/PID/statm); zeros where it is gone.
part_usage usage_of(const harness::named_process& p);

} // namespace monopod::experiment
