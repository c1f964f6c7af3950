// Encodes and decodes the messages between replicas (schemas/peer.fbs).
#pragma once

#include "replication/peer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// A decoded message: its sender, as the message states it, and the tag of the sender's group.
struct peer_message {
  member from;
  peer::message body;
  std::uint32_t group = 0;
};

/// The version of the protocol between nodes that this program speaks: messages, the ops inside
/// them, and the shapes against which they are packed. It rises if a node of the version before
/// could not understand something that this one says (docs/adr/0026). Version 1 told none; version
/// 2 has an op to forget a camera.
inline constexpr std::uint16_t peer_version = 2;
/// The oldest version that it understands.
inline constexpr std::uint16_t peer_version_oldest = 1;

/// Stands for a group's name in a message: the name's FNV-1a hash. It keeps apart two groups that
/// were given each other's addresses by mistake, and is not a secret.
std::uint32_t group_tag(const std::string& name);

/// One byte for the kind of the body, then a finished wire::PeerMessage, packed (packing.hpp); or
/// `as_it_is`, then the message unpacked (peer_shapes.hpp).
std::vector<std::uint8_t> encode_peer(const member& from, const peer::message& message,
                                      std::uint32_t group);

/// The message in `bytes`, which are not kept: ops and snapshots are copied. Nothing if they are
/// not a valid message, or if something is out of bounds: an invalid name, more members or voters
/// than limits::group_members, ops that are not valid or do not follow each other.
std::optional<peer_message> decode_peer(std::span<const std::byte> bytes);

} // namespace monopod
