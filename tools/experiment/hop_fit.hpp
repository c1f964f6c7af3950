// The cost of a hop between two processes.
#pragma once

#include "tools/experiment/session.hpp"
#include "tools/experiment/statistics.hpp"
#include "tools/experiment/variants.hpp"

#include <optional>

namespace monopod::experiment {

/// Costs in milliseconds: an ordinary least-squares fit of the medians of all runs on the ladder,
/// by one transport.
struct hop_fit {
  estimate base;   // without any hop
  estimate frame;  // of each further hop of a frame
  estimate result; // of each further hop of a result
};
/// Nothing if the ladder was not run by this transport. Intervals are found by drawing runs, 1,000
/// times.
std::optional<hop_fit> fit_hops(const session& s, const transport& t);

} // namespace monopod::experiment
