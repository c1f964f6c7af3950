// Measures what a group costs, compared with a node alone.
#pragma once

#include "tools/harness/figures.hpp"
#include "tools/lab/options.hpp"

#include <string>
#include <vector>

namespace monopod::lab {

struct cost_options {
  lab_options lab; // its replicas and cameras are chosen here
  int rounds = 3;  // each with a node alone, and then with a group
  int seconds = 15;
  bool quiet = false;
  std::string json; // file that also gets the figures
};

/// Returns medians over the rounds. Throws std::runtime_error if nodes do not start, or if a
/// signal asked to end.
std::vector<harness::figure> measure_cost(const cost_options& o);

} // namespace monopod::lab
