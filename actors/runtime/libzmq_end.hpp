// A link's end that is a socket of libzmq: between two loops of one process, inproc; and by tcp or
// ipc, to compare libzmq with the loop's own end.
#pragma once

#include "actors/runtime/link_options.hpp"
#include "actors/runtime/loop.hpp"

#include <zmq.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// `libzmq+tcp://` and `libzmq+ipc://` are libzmq's `tcp://` and `ipc://`.
inline constexpr std::string_view libzmq_scheme = "libzmq+";

/// Used on the loop's thread only. By tcp and ipc it keeps no limits against strangers, so it is
/// for measurements alone; the context needs an I/O thread then.
class libzmq_end {
public:
  /// `take` is like stream_end's. Throws std::runtime_error if an endpoint can't be bound.
  libzmq_end(loop& host, zmq::context_t& zmq_context, const link_options& options,
             const std::vector<std::string>& endpoints, std::function<bool()> take);
  ~libzmq_end();
  libzmq_end(const libzmq_end&) = delete;
  libzmq_end& operator=(const libzmq_end&) = delete;

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
