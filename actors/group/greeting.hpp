// The greeting with which a node begins each connection to another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// schemas/datagram.fbs says what the fields mean; the versions are those of a node without them.
struct peer_greeting {
  std::string from;
  std::uint64_t token = 0;
  std::uint16_t port = 0; // 0: no UDP
  std::uint32_t group = 0;
  std::uint16_t version = 1;
  std::uint16_t oldest = 0;
};

/// Whether this node and the one that greets speak a version that both understand.
bool understands(const peer_greeting& by);

std::vector<std::uint8_t> encode_greeting(const peer_greeting& g);

/// Nothing if the bytes, which are aligned to 8, are not a greeting.
std::optional<peer_greeting> decode_greeting(std::span<const std::byte> bytes);

} // namespace monopod
