// What is missed behind a node that fails: by the cloud's consumer, or by an application.
#pragma once

#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/session.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace monopod::experiment {

inline double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return static_cast<double>(static_cast<std::int64_t>(to_ns - from_ns)) * 1e-9;
}

/// In a failure's table, seconds from the moment in which the node was failed.
struct silence {
  double from_s = 0;
  double to_s = 0;
};

/// The longest time in which nothing came, of those that end after the failure; also
/// one that lasts until the end.
silence longest_silence(const sample_table& failure);

/// How much longer that silence is than half of the frames' period: the last result came that much
/// before the failure, on average. To take off a whole period would flatter who is back fast.
double outage_s(const sample_table& failure);

/// Frames that were captured and that never came, or whose result did not.
double lost_frames(const sample_table& failure);

/// The repetition of that variant whose outage is the median, of an even number the one below it;
/// nothing where there is none.
std::optional<sample_table> typical_failure(const session& s, const std::string& experiment,
                                            const std::string& variant);

} // namespace monopod::experiment
