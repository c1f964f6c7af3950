// The highest epoch and stream that a message may name if nothing else is known about its sender.
// Both limits follow a wall clock, so a number from the future does no lasting harm.
#pragma once

#include "core/clock.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <cstdint>

namespace monopod {

/// The highest epoch that a node or client whose wall clock shows `now_ms` (Unix epoch) believes.
/// An epoch begins as such a clock times 256 (limits::epoch_ahead_ms).
constexpr std::uint64_t credible_epoch(std::uint64_t now_ms) {
  const auto clock_ms = std::clamp(now_ms, limits::clock_floor_ms, limits::number_max >> 9U);
  return (clock_ms + limits::epoch_ahead_ms) << 8U;
}

/// The highest number of a camera's stream, which is its start in microseconds since the Unix
/// epoch, that a node whose wall clock shows `now_ms` believes (limits::stream_ahead_ms).
constexpr std::uint64_t credible_stream(std::uint64_t now_ms) {
  const auto clock_ms = std::clamp(now_ms, limits::clock_floor_ms, limits::number_max >> 11U);
  return (clock_ms + limits::stream_ahead_ms) * 1000;
}

} // namespace monopod
