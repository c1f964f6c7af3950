// What a group costs against a node on its own.
#pragma once

#include "tools/harness/figures.hpp"
#include "tools/lab/options.hpp"

#include <string>
#include <vector>

namespace monopod::lab {

struct cost_options {
  lab_options lab; // replicas and cameras are chosen here
  int rounds = 3;  // a node alone and a group in turn
  int seconds = 15;
  bool quiet = false;
  std::string json; // file that gets the figures, too
};

/// Medians over the rounds. Throws std::runtime_error where nodes do not come up, or a signal asked
/// to end.
std::vector<harness::figure> measure_cost(const cost_options& o);

} // namespace monopod::lab
