// Random numbers that tell incarnations, sessions and clients apart. Not for secrets or the
// simulator.
#pragma once

#include <cstdint>
#include <random>

namespace monopod {

/// 64 random bits from the system, never 0. Any thread.
inline std::uint64_t random_u64() {
  std::random_device device;
  const auto value = (static_cast<std::uint64_t>(device()) << 32) | device();
  return value == 0 ? 1 : value;
}

} // namespace monopod
