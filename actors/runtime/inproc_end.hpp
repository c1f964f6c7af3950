// A link's end between two loops of one process: a libzmq socket, inproc.
#pragma once

#include "actors/runtime/link_options.hpp"
#include "actors/runtime/loop.hpp"

#include <zmq.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// Used on the loop's thread only.
class inproc_end {
public:
  /// `take` is like stream_end's. Throws std::runtime_error if an endpoint can't be bound.
  inproc_end(loop& host, zmq::context_t& zmq_context, const link_options& options,
             const std::vector<std::string>& endpoints, std::function<bool()> take);
  ~inproc_end();
  inproc_end(const inproc_end&) = delete;
  inproc_end& operator=(const inproc_end&) = delete;

  bool receive(inbound& in);
  send_result send(peer_id peer, std::span<const std::uint8_t> envelope, const payload* body);
  void set_reading(bool on) { source_->set_reading(on); }
  /// Messages wait here of which the descriptor does not tell.
  void ready() { source_->ready(); }
  /// Joins the successor of a server that was restarted.
  void reconnect();
  const std::vector<std::string>& bound_endpoints() const { return bound_; }

private:
  void join(const std::string& endpoint);
  bool take(inbound& in);

  zmq::socket_t socket_;
  bool serve_;
  std::size_t envelope_limit_bytes_;
  std::string endpoint_; // a connecting end's
  std::vector<std::string> bound_;
  std::vector<std::uint64_t> scratch_; // the envelope being read, aligned
  std::unique_ptr<loop::source> source_;
};

} // namespace monopod
