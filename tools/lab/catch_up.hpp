// Measures how fast a backup without any state catches up, and how much that delays the cameras'
// frames.
#pragma once

#include "tools/harness/figures.hpp"
#include "tools/lab/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod::lab {

struct catch_up_options {
  lab_options lab; // its cameras are chosen here
  std::uint64_t entries = 10'000;
  std::uint64_t runs = 5;
  bool quiet = false;
  std::string json; // file that also gets the figures
};

/// Throws std::runtime_error if a node does not start, or if a signal asked to end.
std::vector<harness::figure> measure_catch_up(const catch_up_options& o);

} // namespace monopod::lab
