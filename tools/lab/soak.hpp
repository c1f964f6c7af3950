// Measures whether a group stays as it is if nothing breaks it.
#pragma once

#include "tools/harness/figures.hpp"
#include "tools/lab/options.hpp"

namespace monopod::lab {

struct soak_options {
  lab_options lab;
  int minutes = 30;
  bool load = false; // other processes take all processors
  bool quiet = false;
  std::string json; // file that also gets the figures
};

/// Streams without faults, and counts what the group did by itself. Throws std::runtime_error if
/// nodes do not start, or if a signal asked to end.
std::vector<harness::figure> soak(const soak_options& o);

} // namespace monopod::lab
