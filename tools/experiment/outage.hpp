// The outage behind a node that fails, for the cloud's consumer or for an application.
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

/// A silence in a failure's table, from the last arrival before it to the next, in seconds from
/// the moment of the failure.
struct silence {
  double from_s = 0;
  double to_s = 0;
};

/// The longest of the silences that end after the failure. It may last until the end of the run.
silence longest_silence(const sample_table& failure);

/// The length of the longest silence minus half of the frames' period, because the last result
/// arrived that much before the failure, on average. Subtracting a whole period would flatter a
/// system that recovers fast.
double outage_s(const sample_table& failure);

/// Frames that were captured and are missing: they, or their results, never arrived.
double lost_frames(const sample_table& failure);

/// The repetition of that variant with the median outage, or the one below it if their number is
/// even; nothing if there are none.
std::optional<sample_table> typical_failure(const session& s, const std::string& experiment,
                                            const std::string& variant);

} // namespace monopod::experiment
