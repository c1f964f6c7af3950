// Links: how stages talk. A link is a ZeroMQ socket on a loop; inproc, ipc and tcp are the same
// code. Two ends of an inproc link on one loop are joined without libzmq.
#pragma once

#include "actors/local_pipe.hpp"
#include "actors/loop.hpp"
#include "core/limits.hpp"
#include "core/payload.hpp"

#include <zmq.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
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
  peer,   // between the nodes of a group
};

/// Who is at the other end of a serving link: libzmq's own routing id, or a number above those for
/// an end on the same loop. 0 = none. Never reused while the link lives.
using peer_id = std::uint64_t;

struct link_options {
  link_profile profile = link_profile::link;
  bool serve = false;                 // true: ROUTER, binds; false: DEALER, connects
  std::vector<std::string> endpoints; // all are bound or connected
  std::size_t max_payload_bytes =
      0; // larger messages close the connection; 0 = limits::frame_bytes
  std::size_t max_envelope_bytes = limits::envelope_bytes; // longer ones are not well formed
};

/// One received message.
struct inbound {
  peer_id peer = 0;
  std::span<const std::byte> envelope; // 8-byte aligned; valid during the call
  payload body;                        // the second part; empty where there was none
  bool well_formed = true;             // false: more or fewer parts than a conversation has
  std::string address;                 // profile peer, over TCP: the sender's, numeric
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

  /// The server of this connecting link has been restarted: joins its successor, where the
  /// transport does not do that by itself (inproc between two loops). What was on its way is lost.
  void reconnect();

  /// Stops or goes on taking messages; those that wait are bounded by the high-water mark and then
  /// by the sender.
  void set_reading(bool on) { source_->set_reading(on); }

  /// Where a serving link's endpoints are bound, with the ports that the system chose.
  const std::vector<std::string>& bound_endpoints() const { return bound_; }
  const std::string& bound_endpoint() const { return bound_.front(); }

private:
  struct part;
  send_result send_local(local_queue& to, link* receiver, std::span<const std::uint8_t> envelope,
                         const payload* body);
  bool find_local_server();
  bool receive_local(inbound& in);
  bool take_from(local_queue& from, inbound& in);
  bool receive_one(inbound& in);

  loop& host_;
  void* socket_ = nullptr;
  bool serve_ = false;
  bool tells_address_;
  std::size_t envelope_limit_bytes_;
  std::size_t send_limit_;             // messages that wait for a peer on the same loop
  std::string endpoint_;               // a connecting link's first
  std::shared_ptr<local_pipe> server_; // a connecting link's, where the server is on its loop
  std::map<peer_id, std::shared_ptr<local_pipe>> clients_; // a serving link's, on its loop
  peer_id last_served_ = 0;                                // of clients_, which take turns
  peer_id newest_local_;                                   // numbers only rise
  local_queue::message current_;                           // being handled
  std::vector<std::string> bound_;
  std::vector<std::uint64_t> scratch_; // the envelope being read, aligned
  std::unique_ptr<loop::source> source_;
};

} // namespace monopod
