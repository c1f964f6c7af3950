// The verdict: sentences made of the figures.
#pragma once

#include "tools/experiment/figures.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace monopod::experiment {

/// Finds figures by their names, and remembers which ones were asked for and are missing: a figure
/// that is renamed would take its sentence with it. Refers to the figures, which must outlive it.
class figure_lookup {
public:
  explicit figure_lookup(const std::vector<figure>& all) : all_(all) {}

  const std::vector<figure>& all() const { return all_; }
  std::optional<estimate> operator[](const std::string& name) const;
  /// The largest value of the figures whose names begin with `begin` and end with `end`.
  std::optional<double> largest(const std::string& begin, const std::string& end) const;

  /// The names that were asked for in vain.
  const std::set<std::string>& missing() const { return missing_; }

private:
  const std::vector<figure>& all_;
  mutable std::set<std::string> missing_;
};

/// Sentences, each with its numbers. Measurements that are missing are named. For a bound that was
/// missed, the sentence says how far off the figure is, but not why: the cause differs from run to
/// run (ADR 19).
std::vector<std::string> verdict(const figure_lookup& f);

} // namespace monopod::experiment
