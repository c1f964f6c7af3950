// What a group costs against a node on its own.
#pragma once

#include "tools/lab/options.hpp"

#include <optional>
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

/// A median over the rounds.
struct figure {
  std::string name;
  double value = 0;
  std::string unit;            // "cores", "ms", "MB", "" for a ratio
  std::optional<double> bound; // at most; none: for information

  bool good() const { return !bound || value <= *bound; }
};

/// Throws std::runtime_error where nodes do not come up, or a signal asked to end.
std::vector<figure> measure_cost(const cost_options& o);

/// For people.
std::string table(const std::vector<figure>& all);

} // namespace monopod::lab
