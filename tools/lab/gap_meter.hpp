// The largest pause of a stream of events.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>

namespace monopod::lab {

/// Times are boottime_ns(). Any thread.
class gap_meter {
public:
  void seen(std::uint64_t now_ns) {
    const std::lock_guard lock(mutex_);
    if (last_ns_ != 0)
      largest_ns_ = std::max(largest_ns_, now_ns - last_ns_);
    last_ns_ = now_ns;
  }
  /// Forgets pauses that are over. The present pause counts from its start.
  void reset() {
    const std::lock_guard lock(mutex_);
    largest_ns_ = 0;
  }
  std::uint64_t largest_ns() const {
    const std::lock_guard lock(mutex_);
    return largest_ns_;
  }
  /// The time of the last event; 0 if there was none.
  std::uint64_t last_ns() const {
    const std::lock_guard lock(mutex_);
    return last_ns_;
  }

private:
  mutable std::mutex mutex_;
  std::uint64_t last_ns_ = 0;
  std::uint64_t largest_ns_ = 0;
};

} // namespace monopod::lab
