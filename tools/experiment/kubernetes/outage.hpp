// What the consumer misses when a node fails.
#pragma once

#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/statistics.hpp"

namespace monopod::experiment {

/// In a failure's table, seconds from the moment in which the node was failed.
struct silence {
  double from_s = 0;
  double to_s = 0;
};

/// The longest time in which the cloud received nothing, of those that end after the failure; also
/// one that lasts until the end.
silence longest_silence(const sample_table& failure);

/// How much longer that silence is than half of the frames' period: the last result came that much
/// before the failure, on average. To take off a whole period would flatter who is back fast.
double outage_s(const sample_table& failure);

/// Frames that were captured and whose result never came.
double lost_frames(const sample_table& failure);

} // namespace monopod::experiment
