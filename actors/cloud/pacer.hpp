// How fast messages may leave for one cloud.
#pragma once

#include "core/clock.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <cstdint>

namespace monopod {

/// A token bucket for messages and one for bytes, kept as the time at which each is paid off (the
/// generic cell rate algorithm, ITU-T I.371). Pure: the time is a parameter. In any stretch of T
/// seconds at most rate * (T + limits::pace_burst_ms) + 1 messages leave, and as many bytes plus
/// one message. A message of any size may leave when the one before it is paid off.
class pacer {
public:
  /// Rates per second; 0: no bound.
  pacer(std::uint64_t messages_s, std::uint64_t bytes_s) : messages_{messages_s}, bytes_{bytes_s} {}

  bool bounded() const { return messages_.per_s > 0 || bytes_.per_s > 0; }

  /// When the next message may leave; in the past if it may at once.
  std::uint64_t ready_ns() const { return std::max(messages_.ready_ns(), bytes_.ready_ns()); }

  /// A message leaves.
  void take(std::uint64_t bytes, std::uint64_t now_ns) {
    messages_.take(1, now_ns);
    bytes_.take(bytes, now_ns);
  }

private:
  struct bucket {
    std::uint64_t per_s = 0;
    std::uint64_t paid_ns = 0; // when all that left is paid off at the rate

    std::uint64_t ready_ns() const {
      constexpr auto burst_ns = limits::pace_burst_ms * ns_per_ms;
      return paid_ns > burst_ns ? paid_ns - burst_ns : 0;
    }
    void take(std::uint64_t amount, std::uint64_t now_ns) {
      if (per_s > 0) // rounded up: never faster than the rate
        paid_ns = std::max(paid_ns, now_ns) + (amount * ns_per_s + per_s - 1) / per_s;
    }
  };
  bucket messages_;
  bucket bytes_;
};

} // namespace monopod
