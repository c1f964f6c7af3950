// Many runs over several threads: by seed, with a broken rule, or of scenarios.
#pragma once

#include "tests/sim/world.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace monopod::sim {

/// A broken rule makes many seeds bad; no more than these are listed one by one.
inline constexpr std::size_t max_bad_seeds = 50;

struct seeds_result {
  std::uint64_t seeds = 0;
  std::uint64_t violations = 0;
  std::vector<std::uint64_t> bad_seeds; // at most max_bad_seeds of them, in order
  std::optional<std::uint64_t> first_bad_seed;
  std::string first_violation;
  std::uint64_t epochs = 0;
  std::uint64_t progress_owed = 0;                 // runs in which I8 applied
  std::array<std::uint64_t, situations> reached{}; // by situation: how many seeds reached it
};

/// Called from time to time with the number of runs done so far. Returning false ends the campaign.
using progress = std::function<bool(std::uint64_t done)>;

/// Runs the seeds from, from + 1, ... on `jobs` threads; with `stop_at_first`, until one is bad.
seeds_result run_seeds(std::uint64_t from, std::uint64_t count, unsigned jobs, mutant broken,
                       bool stop_at_first, const progress& tell);

/// The bad scenario without the faults that its violation does not need.
scenario shortened(scenario bad);

struct scenario_result {
  std::string name;
  int runs = 0;
  double outage_ms_p50 = 0;
  double outage_ms_p99 = 0;
  double outage_ms_max = 0;
  std::uint64_t twice = 0;
  std::uint64_t view_changes = 0; // the most in one run
  std::uint64_t taken_out = 0;    // the same
  scenario slowest;               // the run with the longest outage
  std::string broken;             // what is not as expected; empty: nothing
};

/// Runs a scenario with `runs` seeds and compares the results with what it expects.
scenario_result run_expected(const scenario& s);

/// The name of a mutant, as in replication/rules.hpp.
std::string_view name_of(mutant m);

} // namespace monopod::sim
