// What passes over a ZMTP connection: an envelope, and maybe a body.
#pragma once

#include "core/payload.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace monopod::zmtp {

/// A received message. Owns its bytes.
struct message {
  std::vector<std::uint64_t> aligned; // the envelope's bytes, for FlatBuffers
  std::size_t envelope_bytes = 0;
  payload body;            // the second part; empty where there was none
  bool well_formed = true; // false: more parts than two, or an envelope over its limit (then empty)

  std::span<const std::byte> envelope() const {
    return std::as_bytes(std::span(aligned)).first(envelope_bytes);
  }
};

/// What a peer may send.
struct message_limits {
  std::size_t envelope_bytes = 0; // a longer one is skipped, and the message not well formed
  std::size_t part_bytes = 0;     // a longer part ends the connection
};

/// Which end of a conversation this is, in ZeroMQ's words.
enum class role {
  router, // serves: talks to DEALER, REQ and ROUTER
  dealer, // connects: talks to ROUTER and REP
};

} // namespace monopod::zmtp
