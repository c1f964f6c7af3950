// Waits that a signal ends.
#pragma once

#include "core/clock.hpp"
#include "programs/program.hpp"
#include "tools/harness/process.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace monopod::lab {

/// Throws std::runtime_error if a signal asked to end.
inline void end_on_signal() {
  if (stop_requested > 0)
    throw std::runtime_error("ended by a signal");
}

/// Sleeps; a signal ends it.
inline void rest(int ms) {
  constexpr int slice_ms = 50;
  for (; ms > 0; ms -= slice_ms) {
    end_on_signal();
    harness::pause_ms(std::min(ms, slice_ms));
  }
}

/// Like harness::eventually, but a signal ends it, and the condition is asked for less often.
template <class F>
bool waits(F condition, std::chrono::milliseconds timeout) {
  const auto end_ns = boottime_ns() + static_cast<std::uint64_t>(timeout.count()) * ns_per_ms;
  while (!condition()) {
    if (boottime_ns() > end_ns)
      return false;
    rest(10);
  }
  return true;
}

} // namespace monopod::lab
