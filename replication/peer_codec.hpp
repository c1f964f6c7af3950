// What replicas say to each other as bytes (schemas/peer.fbs), and back.
#pragma once

#include "replication/peer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace monopod {

struct peer_message {
  member from;
  peer::message body;
  std::uint32_t group = 0;
};

/// What stands for a group's name in a message: its FNV-1a hash. It keeps apart groups that were
/// given each other's addresses by mistake, and is no secret.
std::uint32_t group_tag(const std::string& name);

/// A finished wire::PeerMessage, packed (packing.hpp); before it, a byte that is its kind of body.
std::vector<std::uint8_t> encode_peer(const member& from, const peer::message& message,
                                      std::uint32_t group);

/// The message in `bytes`, which are not kept: ops and snapshots are copied. Nothing where they are
/// not a valid message, or one that is out of bounds: names that are none, more members or voters
/// than limits::group_members, ops that are no ops or do not follow each other.
std::optional<peer_message> decode_peer(std::span<const std::byte> bytes);

} // namespace monopod
