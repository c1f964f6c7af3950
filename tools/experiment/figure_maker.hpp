// Makes the report's figures of samples.
#pragma once

#include "tools/experiment/figures.hpp"
#include "tools/experiment/session_samples.hpp"

#include <optional>
#include <string>
#include <vector>

namespace monopod::experiment {

/// Collects figures in order, without those of experiments that were not run.
class figure_maker {
public:
  explicit figure_maker(const session& s) : session_(s) {}

  const session& from() const { return session_; }
  repetitions samples(const cell& which, const std::string& column, const std::string& where = {},
                      double is = 0) const {
    return samples_of(session_, which, column, where, is);
  }
  /// A number for each repetition of this variant.
  repetitions of_runs(const std::string& experiment, const std::string& variant,
                      double (*of)(const sample_table&)) const {
    repetitions runs;
    for (const auto& c : session_.cells(experiment))
      if (c.variant == variant)
        runs.push_back({of(session_.load(c))});
    return runs;
  }
  void add(const std::string& name, const repetitions& runs, const statistic& of,
           const std::string& unit, std::optional<double> thesis = std::nullopt) {
    if (!runs.empty())
      add(name, estimate_of(runs, of, report_seed), unit, thesis);
  }
  void add_ratio(const std::string& name, const repetitions& above, const repetitions& below,
                 const statistic& of, std::optional<double> at_least = std::nullopt,
                 std::optional<double> at_most = std::nullopt) {
    if (!above.empty() && !below.empty())
      add(name, ratio(above, below, of, report_seed), "", std::nullopt, at_least, at_most);
  }
  void add(const std::string& name, const estimate& e, const std::string& unit,
           std::optional<double> thesis = std::nullopt,
           std::optional<double> at_least = std::nullopt,
           std::optional<double> at_most = std::nullopt) {
    all.push_back(
        {{.name = name, .value = e.value, .unit = unit, .at_most = at_most, .at_least = at_least},
         e.low,
         e.high,
         thesis});
  }

  std::vector<figure> all;

private:
  const session& session_;
};

/// The figures of the experiments on a cluster.
void add_kubernetes(figure_maker& c);
void add_failures(figure_maker& c);

} // namespace monopod::experiment
