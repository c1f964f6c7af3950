// Mutations of inputs, by seed, for tests that run without libFuzzer.
#pragma once

#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <random>

namespace monopod::fuzz {

/// Flips, overwrites, removes or repeats some bytes.
inline void mutate(bytes& input, std::mt19937& random) {
  const auto below = [&random](std::size_t n) { return random() % std::max<std::size_t>(n, 1); };
  for (std::size_t left = 1 + below(4); left > 0 && !input.empty(); --left) {
    const auto at = input.begin() + static_cast<std::ptrdiff_t>(below(input.size()));
    const auto end =
        at + static_cast<std::ptrdiff_t>(
                 below(std::min<std::size_t>(static_cast<std::size_t>(input.end() - at), 16)));
    switch (below(5)) {
    case 0:
      *at = static_cast<std::uint8_t>(*at ^ (1u << below(8)));
      break;
    case 1:
      *at = static_cast<std::uint8_t>(random());
      break;
    case 2:
      std::fill(at, end, static_cast<std::uint8_t>(below(2) * 0xff));
      break;
    case 3:
      input.erase(at, end);
      break;
    default: {
      const bytes again(at, end);
      input.insert(at, again.begin(), again.end());
    }
    }
  }
}

} // namespace monopod::fuzz
