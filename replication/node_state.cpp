#include "replication/node_state.hpp"

#include "replication/view_codec.hpp"
#include "schemas/codec.hpp"
#include "schemas/node_state_generated.h"

#include <limits>

namespace monopod {

std::vector<std::uint8_t> encode_node_state(const node_state& state) {
  flatbuffers::FlatBufferBuilder b(1024);
  const auto promise = codec::write(b, state.votes.promise);
  const auto accepted = codec::write(b, state.votes.accepted);
  const auto value = codec::write(b, state.votes.value);
  const auto decided = codec::write(b, state.decided);
  wire::FinishNodeStateBuffer(b, wire::CreateNodeState(b, state.voter_id, state.directory_id,
                                                       state.starts, promise, accepted, value,
                                                       decided));
  const auto bytes = bytes_of(b);
  return {bytes.begin(), bytes.end()};
}

std::optional<node_state> decode_node_state(std::span<const std::byte> bytes) {
  const auto* from = decode<wire::NodeState>(bytes, wire::NodeStateIdentifier());
  if (from == nullptr || from->voter_id() == 0 || from->starts() == 0 ||
      from->starts() == std::numeric_limits<std::uint32_t>::max())
    return std::nullopt;
  try {
    return node_state{
        {codec::read(*from->promise()), codec::read(*from->accepted()), codec::read(from->value())},
        codec::read(from->decided()),
        from->voter_id(),
        from->directory_id(),
        from->starts()};
  } catch (const codec::out_of_bounds&) {
    return std::nullopt;
  }
}

} // namespace monopod
