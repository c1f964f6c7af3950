// One run of a scenario.
#pragma once

#include "tests/sim/coverage.hpp"
#include "tests/sim/scenario.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod::sim {

struct run_result {
  std::string violation; // empty: none
  std::vector<std::string> trace;
  std::uint64_t outage_ns = 0; // the longest time between two acknowledgements, less the period
  std::uint64_t served_after_heal_ns = 0;
  std::uint64_t epochs = 0;
  std::uint64_t taken_out = 0; // as counted by the processes that live at the end
  std::uint64_t acknowledged = 0;
  std::uint64_t results = 0;
  std::uint64_t lost = 0; // acknowledged frames without a result, if the group kept its memory
  std::uint64_t twice = 0;
  std::uint64_t steps = 0;
  bool progress_owed = false; // I8 applied
  coverage::set reached;      // empty if an invariant of the code broke
};

/// Runs a scenario. The same scenario gives the same result, with a trace or without.
run_result run_scenario(const scenario& s, bool with_trace = false);

} // namespace monopod::sim
