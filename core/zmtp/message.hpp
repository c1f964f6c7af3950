// The messages of a ZMTP connection: an envelope, and maybe a body.
#pragma once

#include "core/payload.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace monopod::zmtp {

/// A received message. It owns its bytes.
struct message {
  std::vector<std::uint64_t> aligned; // the envelope's bytes, for FlatBuffers
  std::size_t envelope_bytes = 0;
  payload body;            // the second part; empty if there was none
  bool well_formed = true; // false: more parts than belong there, which are left out, or an
                           // envelope over its limit, which is then empty

  std::span<const std::byte> envelope() const {
    return std::as_bytes(std::span(aligned)).first(envelope_bytes);
  }
};

/// The limits of what a peer may send.
struct message_limits {
  std::size_t envelope_bytes = 0; // a longer one is skipped, and its message is not well formed
  std::size_t part_bytes = 0;     // a longer part ends the connection
  bool body = true;               // whether a body belongs there; else a second part is skipped
};

/// The end of a conversation that this is, in ZeroMQ's words.
enum class role {
  router, // it serves, and talks to DEALER, REQ and ROUTER
  dealer, // it connects, and talks to ROUTER and REP
};

} // namespace monopod::zmtp
