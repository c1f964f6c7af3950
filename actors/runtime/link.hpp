// Links: how stages talk. A link serves at ZeroMQ's endpoints or connects to one; inproc, ipc and
// tcp are the same to a stage.
#pragma once

#include "actors/runtime/libzmq_end.hpp"
#include "actors/runtime/link_options.hpp"
#include "actors/runtime/local_pipe.hpp"
#include "actors/runtime/loop.hpp"
#include "actors/runtime/stream_end.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// Owned by a stage, used on its loop's thread only. Two ends of an inproc link on one loop are
/// joined by queues; on two loops, by libzmq; tcp and ipc are the loop's own (stream_end.hpp), or
/// libzmq's if that is asked for (libzmq_end.hpp).
/// Throws std::runtime_error if an endpoint can't be bound or parsed; the text says which and why.
class link {
public:
  /// `on_ready` takes messages by receive_some() and returns what that does; it may end the link.
  link(loop& host, zmq::context_t& zmq_context, const link_options& options,
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

  /// Tells the link that the peer has identified itself. A peer that does not do so within
  /// limits::first_word_ms loses its connection. `as` is the name that its later messages carry
  /// (inbound::speaker). This has an effect for tcp and ipc only, as has blame().
  void heard(peer_id peer, const std::string& as = {});
  /// Tells the link that a message of the peer was malformed. limits::malformed_messages of them
  /// close the connection; until then, the peer's messages are taken one at a time.
  void blame(peer_id peer);

  /// The server of this connecting link has been restarted: joins its successor if the transport
  /// does not do that by itself (inproc between two loops). Messages on their way are lost.
  void reconnect();

  /// Stops or goes on taking messages; those that wait are bounded by the high-water mark and then
  /// by the sender.
  void set_reading(bool on);

  /// Where a serving link's endpoints are bound, with the ports that the system chose.
  const std::vector<std::string>& bound_endpoints() const { return bound_; }
  const std::string& bound_endpoint() const { return bound_.front(); }

private:
  void open_streams(const link_options& options, const std::vector<std::string>& endpoints,
                    std::function<bool()> take);
  void name_bound(const std::vector<std::string>& endpoints);
  send_result send_local(local_queue& to, link* receiver, std::span<const std::uint8_t> envelope,
                         const payload* body);
  bool find_local_server();
  bool receive_local(inbound& in);
  bool take_from(local_queue& from, inbound& in);

  loop& host_;
  bool serve_ = false;
  std::size_t envelope_limit_bytes_;
  std::size_t send_limit_;             // messages that wait for a peer on the same loop
  std::string endpoint_;               // a connecting link's
  std::shared_ptr<local_pipe> server_; // a connecting link's, if the server is on its loop
  std::map<peer_id, std::shared_ptr<local_pipe>> clients_; // a serving link's, on its loop
  peer_id last_served_ = 0;                                // of clients_, which take turns
  peer_id newest_local_;                                   // numbers only rise
  local_queue::message current_;                           // being handled
  std::vector<std::string> bound_;
  std::optional<libzmq_end> libzmq_; // if an endpoint is inproc, or libzmq's tcp or ipc
  std::optional<stream_end> stream_; // if an endpoint is tcp or ipc
};

} // namespace monopod
