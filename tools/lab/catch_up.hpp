// How fast a backup that has nothing catches up, and what the cameras notice.
#pragma once

#include "tools/harness/figures.hpp"
#include "tools/lab/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod::lab {

struct catch_up_options {
  lab_options lab; // cameras are chosen here
  std::uint64_t entries = 10'000;
  std::uint64_t runs = 5;
  bool quiet = false;
  std::string json; // file that gets the figures, too
};

/// Throws std::runtime_error where a node does not come up, or a signal asked to end.
std::vector<harness::figure> measure_catch_up(const catch_up_options& o);

} // namespace monopod::lab
