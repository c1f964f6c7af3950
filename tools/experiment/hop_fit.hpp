// What a hop between two processes costs.
#pragma once

#include "tools/experiment/session.hpp"
#include "tools/experiment/statistics.hpp"
#include "tools/experiment/variants.hpp"

#include <optional>

namespace monopod::experiment {

/// In milliseconds: an ordinary least-squares fit of the medians of all runs on the ladder, by one
/// transport.
struct hop_fit {
  estimate base;   // without a hop
  estimate frame;  // each hop of a frame more
  estimate result; // each hop of a result more
};
/// Nothing if the ladder was not run by this transport. Intervals by drawing runs, 1,000 times.
std::optional<hop_fit> fit_hops(const session& s, const transport& t);

} // namespace monopod::experiment
