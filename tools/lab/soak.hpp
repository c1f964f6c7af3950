// Whether a group that nothing happens to stays as it is.
#pragma once

#include "tools/harness/figures.hpp"
#include "tools/lab/options.hpp"

namespace monopod::lab {

struct soak_options {
  lab_options lab;
  int minutes = 30;
  bool load = false; // others take all processors
  bool quiet = false;
  std::string json; // file that gets the figures, too
};

/// Streams, breaks nothing, and counts what the group did of itself. Throws std::runtime_error
/// where nodes do not come up, or a signal asked to end.
std::vector<harness::figure> soak(const soak_options& o);

} // namespace monopod::lab
