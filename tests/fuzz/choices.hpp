// An input of a fuzz target, read as choices: for messages that are well formed and hold any
// values.
#pragma once

#include "core/limits.hpp"

#include <cstdint>
#include <span>

namespace monopod::fuzz {

/// Reads the input from its start; at its end, all choices are 0.
class choices {
public:
  explicit choices(std::span<const std::uint8_t> from) : left_(from) {}

  bool any() const { return !left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty())
      return 0;
    const auto b = left_.front();
    left_ = left_.subspan(1);
    return b;
  }
  std::uint64_t bits() {
    std::uint64_t n = 0;
    for (int i = 0; i < 8; ++i)
      n = n << 8U | byte();
    return n;
  }
  /// Near `known`, near an end of the range, or anything.
  std::uint64_t number(std::uint64_t known) {
    const auto how = byte();
    const auto small = static_cast<std::uint64_t>(how >> 3U);
    switch (how & 7U) {
    case 0:
      return known + small;
    case 1:
      return known - small;
    case 2:
      return small;
    case 3:
      return UINT64_MAX - small;
    case 4:
      return limits::number_max + small - 16;
    case 5:
      return known + limits::number_leap + small - 16;
    case 6:
      return known + (1ULL << small);
    default:
      return bits();
    }
  }

private:
  std::span<const std::uint8_t> left_;
};

} // namespace monopod::fuzz
