// The figures of the report.
#pragma once

#include "tools/experiment/session.hpp"
#include "tools/experiment/statistics.hpp"
#include "tools/experiment/variants.hpp"

#include <optional>
#include <string>
#include <vector>

namespace monopod::experiment {

/// A figure with its 95 % interval, the thesis's beside it, and what it must reach.
struct reported {
  std::string name; // "latency.monopod.p50", "ratio.latency.p50"
  estimate measured;
  std::string unit;                            // "ms", "cores", "MB"; empty: a ratio
  std::optional<double> thesis = std::nullopt; // bare, or on K3s where the name says so
  std::optional<double> at_least = std::nullopt;

  bool good() const { return !at_least || measured.value >= *at_least; }
};

/// Of the bootstrap: the same report from the same samples.
inline constexpr std::uint64_t report_seed = 1;

/// All that the session's samples give, in the order of the experiments.
std::vector<reported> all_figures(const session& s);

/// What there are runs of, in this experiment: cells without a repetition, by variant and then by
/// the number that is their condition.
std::vector<cell> conditions_of(const session& s, const std::string& experiment);

/// Samples of a column, a list for each repetition of this variant and condition. `where`, with
/// `is`: only rows that have this there.
repetitions samples_of(const session& s, const cell& which, const std::string& column,
                       const std::string& where = {}, double is = 0);

/// What a hop costs, in milliseconds: an ordinary least-squares fit of the medians of all runs on
/// the ladder, by this transport.
struct hop_fit {
  estimate base;   // without a hop
  estimate frame;  // each hop of a frame more
  estimate result; // each hop of a result more
};
/// Nothing where the ladder was not run by this transport. Intervals by drawing runs, 1,000 times.
std::optional<hop_fit> fit_hops(const session& s, const transport& t);

/// A list of {name, value, unit, low, high, thesis}.
std::string to_json(const std::vector<reported>& all);
/// For a terminal.
std::string to_table(const std::vector<reported>& all);

} // namespace monopod::experiment
