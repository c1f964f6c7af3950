// The rate of a medium that several senders share, such as the air of a wireless network.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept>

namespace monopod::harness {

/// A half-duplex medium: one piece passes after the other, whichever direction it takes. It is a
/// token bucket that holds five milliseconds of its rate. Any thread may use it.
class shared_link {
public:
  using clock = std::chrono::steady_clock;

  /// Throws std::invalid_argument if the rate is 0.
  explicit shared_link(std::uint64_t bits_per_s) : bits_per_s_(bits_per_s) {
    if (bits_per_s == 0)
      throw std::invalid_argument("a link needs a rate: name the bits that it carries in a second");
  }

  /// Lets a piece pass after those that were there before. Returns when its last bit has passed.
  clock::time_point pass(std::size_t bytes) {
    const std::chrono::duration<double> time(static_cast<double>(bytes) * 8 /
                                             static_cast<double>(bits_per_s_));
    const std::lock_guard lock(mutex_);
    // The bucket makes up for timers that are late.
    const auto begin = std::max(clock::now() - held, free_at_);
    free_at_ = begin + std::chrono::duration_cast<clock::duration>(time);
    return free_at_;
  }

private:
  static constexpr std::chrono::milliseconds held{5};

  const std::uint64_t bits_per_s_;
  std::mutex mutex_; // guards the member below
  clock::time_point free_at_;
};

} // namespace monopod::harness
