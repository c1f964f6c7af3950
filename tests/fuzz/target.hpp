// The parts that fuzz targets share. A target is one function on bytes. With MONOPOD_FUZZ it
// becomes a libFuzzer binary, without it a CTest test that replays its corpus and mutations of
// valid inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Takes one whole input. A broken rule ends the process. Each target defines this and
/// valid_inputs().
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libFuzzer has no header
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace monopod::fuzz {

using bytes = std::vector<std::uint8_t>;

/// Inputs that follow the rules, to start from.
std::vector<bytes> valid_inputs();

inline bytes of_text(std::string_view text) { return {text.begin(), text.end()}; }

/// One message of a conversation, and an action of the target before it.
struct message {
  std::span<const std::uint8_t> envelope;
  std::size_t body_bytes = 0; // of the second part; 0: no second part
  std::uint8_t action = 0;    // its meaning is the target's
};

/// Splits an input, which is a run of messages: action, size of the body, size of the envelope (two
/// bytes), envelope. A message that is cut short ends where the input ends.
inline std::vector<message> split(std::span<const std::uint8_t> input) {
  constexpr std::size_t head = 4;
  constexpr std::size_t most = 64; // messages; further ones would find nothing new
  std::vector<message> messages;
  while (input.size() >= head && messages.size() < most) {
    message m{{}, input[1], input[0]};
    const auto size = static_cast<std::size_t>(input[2] | (input[3] << 8));
    input = input.subspan(head);
    m.envelope = input.first(size < input.size() ? size : input.size());
    input = input.subspan(m.envelope.size());
    messages.push_back(m);
  }
  return messages;
}

/// The inverse of split(): appends a message to an input.
inline void append(bytes& input, const message& m) {
  const auto size = m.envelope.size();
  for (const std::size_t value : {std::size_t{m.action}, m.body_bytes, size, size >> 8})
    input.push_back(static_cast<std::uint8_t>(value & 0xff));
  input.insert(input.end(), m.envelope.begin(), m.envelope.end());
}

} // namespace monopod::fuzz
