// A client whose messages are well formed and hold any values, by the choices of an input.
#pragma once

#include "tests/fuzz/choices.hpp"
#include "tests/fuzz/pod.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace monopod::fuzz {

class hostile_client {
public:
  /// They live as long as this.
  const std::vector<message>& messages() const { return messages_; }

protected:
  explicit hostile_client(std::span<const std::uint8_t> input) : from_(input) {}

  /// Makes messages until the input ends: `envelope` returns one, in builder_, by choices of from_.
  /// A body has up to `most_body_bytes`.
  template <class Envelope>
  void make(Envelope envelope, std::size_t most_body_bytes) {
    constexpr std::size_t most = 32;
    std::vector<std::size_t> body_bytes;
    while (from_.any() && envelopes_.size() < most) {
      builder_.Clear();
      const auto made = envelope();
      envelopes_.emplace_back(made.begin(), made.end());
      body_bytes.push_back(std::min<std::size_t>(from_.byte(), most_body_bytes));
    }
    for (std::size_t i = 0; i < envelopes_.size(); ++i)
      messages_.push_back({envelopes_[i], body_bytes[i], 0});
  }

  choices from_;
  flatbuffers::FlatBufferBuilder builder_;

private:
  std::vector<bytes> envelopes_;
  std::vector<message> messages_;
};

/// Inputs to start from: after `first`, messages of each of `kinds` with values of each kind, which
/// are `values` bytes.
inline std::vector<bytes> hostile_inputs(const bytes& first, std::uint8_t kinds,
                                         std::size_t values) {
  std::vector<bytes> inputs{{}};
  for (std::uint8_t kind = 0; kind < kinds; ++kind)
    for (std::uint8_t how = 0; how < 7; ++how) {
      auto input = first;
      for (std::uint8_t n = 0; n < 6; ++n) {
        input.insert(input.end(), {0, n % 2 == 0 ? std::uint8_t{0} : kind, 1});
        input.insert(input.end(), values, how);
      }
      inputs.push_back(std::move(input));
    }
  return inputs;
}

} // namespace monopod::fuzz
