// A limit on the number of pictures a second.
#pragma once

#include <algorithm>
#include <cstdint>

namespace monopod {

/// Pure: a token bucket that holds two tokens, so that jitter of one period costs nothing.
class rate_limit {
public:
  explicit rate_limit(double per_second) : per_ns_(per_second * 1e-9) {}

  /// Whether a picture at `now_ns` is within the rate; if so, it is counted. All times must be of
  /// one clock; a step of that clock costs or gives no more than two pictures.
  bool take(std::uint64_t now_ns) {
    constexpr double most = 2;
    tokens_ = std::min(most, tokens_ + static_cast<double>(now_ns - last_ns_) * per_ns_);
    last_ns_ = now_ns;
    if (tokens_ < 1)
      return false;
    tokens_ -= 1;
    return true;
  }

private:
  double per_ns_;
  double tokens_ = 1;
  std::uint64_t last_ns_ = 0;
};

} // namespace monopod
