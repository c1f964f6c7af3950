// The options of links, and the messages that they hand over.
#pragma once

#include "actors/runtime/link_profile.hpp"
#include "core/limits.hpp"
#include "core/payload.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// The peer at the other end of a serving link: an end on another loop of this process (libzmq's
/// own routing id, of 32 bits), one on the same loop, or one over TCP or ipc. 0 = none. Never
/// reused while the link lives.
using peer_id = std::uint64_t;
inline constexpr peer_id first_local_peer = peer_id{1} << 32;
inline constexpr peer_id first_stream_peer = peer_id{1} << 48;

struct link_options {
  link_profile profile = link_profile::link;
  bool serve = false;                 // true: as a ROUTER, binds; false: as a DEALER, connects
  std::vector<std::string> endpoints; // all are bound; or one that is connected to
  std::size_t max_payload_bytes =
      0; // a larger part closes the connection; 0: no body belongs there
  std::size_t max_envelope_bytes = limits::envelope_bytes; // longer ones are not well formed
  std::size_t connections = 0;             // serving, tcp and ipc; 0: as the profile says
  std::size_t connections_per_address = 0; // the same
  /// Connecting, tcp and ipc: the first message of each connection, if it must say who this is.
  std::vector<std::uint8_t> first_word = {};
  /// Serving, tcp and ipc: a connection was closed, and why (core/zmtp/server.hpp).
  std::function<void(std::string_view reason)> refused = [](std::string_view) {};
};

/// One received message.
struct inbound {
  peer_id peer = 0;
  std::span<const std::byte> envelope; // 8-byte aligned; valid during the call
  payload body;                        // the second part; empty if there was none
  bool well_formed = true;             // false: more or fewer parts than a conversation has
  // Serving, profile peer:
  std::string address; // the sender's, numeric; over TCP
  std::string speaker; // the name under which link::heard() knows it; empty: none yet
};

enum class send_result {
  sent,
  full,       // high-water mark: keep the message, try again later
  unreachable // the peer has gone
};

} // namespace monopod
