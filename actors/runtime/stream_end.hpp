// A link's end over TCP or a local socket: ZeroMQ's protocol, spoken on the loop's own thread.
#pragma once

#include "actors/runtime/link_options.hpp"
#include "actors/runtime/loop.hpp"
#include "core/zmtp/connector.hpp"
#include "core/zmtp/server.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// Serves at tcp and ipc endpoints, or connects to one. Used on the loop's thread only.
class stream_end {
public:
  /// `take` takes messages by receive(), a bounded number, and returns whether there may be more;
  /// it may end the stream_end. Throws std::system_error if an endpoint can't be bound,
  /// std::invalid_argument if it is not an endpoint.
  stream_end(loop& host, const link_options& options, const std::vector<std::string>& endpoints,
             std::function<bool()> take);
  ~stream_end();
  stream_end(const stream_end&) = delete;
  stream_end& operator=(const stream_end&) = delete;

  bool receive(inbound& in);
  send_result send(peer_id peer, std::span<const std::uint8_t> envelope, const payload* body);
  /// See link::heard() and link::blame().
  void heard(peer_id peer, const std::string& as);
  void blame(peer_id peer);
  /// Messages that are not taken wait in the kernel, and then with the sender.
  void set_reading(bool on);
  std::vector<std::string> bound_endpoints() const;

private:
  void on_event(short revents);
  void tick();
  void watch();
  void arm();

  loop& host_;
  bool tells_sender_;
  std::function<bool()> take_;
  std::optional<zmtp::server> server_;
  std::optional<zmtp::connector> connector_;
  zmtp::server::received current_; // being handled
  bool reading_ = true;
  int watched_fd_ = -1;
  std::unique_ptr<loop::source> source_;
  std::uint64_t armed_ns_ = UINT64_MAX;
  loop::timer_id timer_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

} // namespace monopod
