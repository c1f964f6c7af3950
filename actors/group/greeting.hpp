// The greeting with which a node begins each connection to another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// schemas/datagram.fbs says what the fields mean.
struct peer_greeting {
  std::string from;
  std::uint64_t token = 0;
  std::uint16_t port = 0; // 0: no UDP
  std::uint32_t group = 0;
};

std::vector<std::uint8_t> encode_greeting(const peer_greeting& g);

/// Nothing if the bytes, which are aligned to 8, are not a greeting.
std::optional<peer_greeting> decode_greeting(std::span<const std::byte> bytes);

} // namespace monopod
