#include "actors/group/greeting.hpp"

#include "replication/peer_codec.hpp"
#include "schemas/codec.hpp"
#include "schemas/datagram_generated.h"

namespace monopod {

bool understands(const peer_greeting& by) {
  const auto oldest = by.oldest == 0 ? by.version : by.oldest;
  return oldest <= peer_version && by.version >= peer_version_oldest;
}

std::vector<std::uint8_t> encode_greeting(const peer_greeting& g) {
  flatbuffers::FlatBufferBuilder b(128);
  wire::FinishGreetingBuffer(b, wire::CreateGreetingDirect(b, g.from.c_str(), g.token, g.port,
                                                           g.group, g.version, g.oldest));
  return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
}

std::optional<peer_greeting> decode_greeting(std::span<const std::byte> bytes) {
  const auto* g = decode<wire::Greeting>(bytes, wire::GreetingIdentifier());
  if (g == nullptr)
    return std::nullopt;
  return peer_greeting{g->from()->str(), g->token(),   g->port(),
                       g->group(),       g->version(), g->oldest()};
}

} // namespace monopod
