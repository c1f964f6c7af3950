// What the figures answer.
#pragma once

#include "tools/experiment/figures.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace monopod::experiment {

/// Finds figures by their names, and knows which of those asked for are missing: a figure that is
/// renamed would take its sentence with it. Refers to the figures, which outlive it.
class figure_lookup {
public:
  explicit figure_lookup(const std::vector<figure>& all) : all_(all) {}

  const std::vector<figure>& all() const { return all_; }
  std::optional<estimate> operator[](const std::string& name) const;
  /// The largest value of the figures whose names begin and end so.
  std::optional<double> largest(const std::string& begin, const std::string& end) const;

  /// Names that were asked for in vain.
  const std::set<std::string>& missing() const { return missing_; }

private:
  const std::vector<figure>& all_;
  mutable std::set<std::string> missing_;
};

/// Sentences, each with its numbers; what was not measured is named. A bound that was missed is
/// told with how far off the figure is, and not why: that differs from run to run (ADR 19).
std::vector<std::string> verdict(const figure_lookup& f);

} // namespace monopod::experiment
