// The figures of the report.
#pragma once

#include "tools/experiment/session.hpp"
#include "tools/experiment/statistics.hpp"
#include "tools/harness/figures.hpp"

#include <optional>
#include <string>
#include <vector>

namespace monopod::experiment {

/// A figure of the experiment. Other programs count or measure a figure once. This one is
/// estimated from repetitions, so it has an interval of 95 %, and the thesis's figure beside it.
/// Its name is such as "latency.monopod.p50" or "ratio.latency.p50", and it has one bound at most.
struct figure : harness::figure {
  double low = 0;
  double high = 0;
  std::optional<double> thesis = std::nullopt; // without Kubernetes, or on K3s if the name says so

  estimate measured() const { return {value, low, high}; }
};

/// All figures that the session's samples allow, in the order of the experiments.
std::vector<figure> all_figures(const session& s);

/// A list of {name, value, unit, bound, low, high, thesis}, with `at_least` or `at_most`, and
/// `good`, if there is a bound.
nlohmann::ordered_json to_json(const std::vector<figure>& all);
/// A table for a terminal.
std::string to_table(const std::vector<figure>& all);

} // namespace monopod::experiment
