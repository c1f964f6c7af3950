// Links: how stages talk. A link is a ZeroMQ socket on a loop; inproc, ipc and tcp are the same
// code.
#pragma once

#include "actors/loop.hpp"
#include "core/payload.hpp"

#include <zmq.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// Named sets of socket options; the one table is in link.cpp.
enum class link_profile {
  camera, // towards cameras: many, unauthenticated, slow ones must not hurt
  link,   // between stages
  app,    // towards applications
};

/// Who is at the other end of a serving link: libzmq's own routing id. 0 = none. Never reused while
/// the link lives.
using peer_id = std::uint32_t;

struct link_options {
  link_profile profile = link_profile::link;
  bool serve = false;                 // true: ROUTER, binds; false: DEALER, connects
  std::vector<std::string> endpoints; // all are bound or connected
  std::size_t max_payload_bytes =
      0; // larger messages close the connection; 0 = limits::frame_bytes
};

/// One received message.
struct inbound {
  peer_id peer = 0;
  std::span<const std::byte> envelope; // 8-byte aligned; valid during the call
  payload body;                        // the second part; empty where there was none
  bool well_formed = true;             // false: more or fewer parts than a conversation has
};

enum class send_result {
  sent,
  full,       // high-water mark: keep the message, try again when on_writable is called
  unreachable // the peer has gone
};

/// Owned by a stage, used on its loop's thread only. Throws std::runtime_error where an endpoint
/// can't be bound or parsed; says which and why.
class link {
public:
  link(loop& host, void* zmq_context, const link_options& options,
       std::function<bool(link&)> on_ready);
  ~link();
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  /// Takes up to limits::messages_per_turn messages; returns whether there may be more.
  bool receive_some(const std::function<void(inbound&)>& take);

  /// Sends an envelope, and `body` as second part without copying it. `peer` is ignored by a
  /// connecting link.
  send_result send(peer_id peer, std::span<const std::uint8_t> envelope,
                   const payload* body = nullptr);

  /// Stops or goes on taking messages; those that wait are bounded by the high-water mark and then
  /// by the sender.
  void set_reading(bool on) { source_->set_reading(on); }

  /// Where a serving link's first endpoint is bound, with the port that the system chose.
  const std::string& bound_endpoint() const { return bound_.front(); }

private:
  struct part;
  bool receive_one(inbound& in);

  void* socket_ = nullptr;
  bool serve_ = false;
  std::vector<std::string> bound_;
  std::vector<std::uint64_t> scratch_; // the envelope being read, aligned
  std::unique_ptr<loop::source> source_;
};

} // namespace monopod
