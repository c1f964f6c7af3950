// The connections of the HTTP server, all on one loop: one that says nothing costs a descriptor and
// no thread.
#pragma once

#include "actors/metrics.hpp"
#include "actors/platform/http_request.hpp"
#include "actors/runtime/loop.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace monopod {

/// Accepts connections, takes one request from each, and writes its answer, which may be given at
/// any later time. It never waits for a client: limits::http_connections says what becomes of the
/// slow ones. Belongs to the loop's thread, or to its maker as long as that loop does not run.
class http_listener {
public:
  /// Called on the loop's thread with each whole request; `id` is for answer().
  using request_handler = std::function<void(std::uint64_t id, http_request request)>;

  /// Binds "ADDRESS:PORT"; throws std::runtime_error if that is not possible.
  http_listener(loop& host, const std::string& listen, metrics& counted,
                request_handler on_request);
  ~http_listener();
  http_listener(const http_listener&) = delete;
  http_listener& operator=(const http_listener&) = delete;

  /// The port that is bound.
  std::uint16_t port() const { return port_; }

  /// Sends the answer to request `id`; does nothing if its client has left. `sent` runs once the
  /// kernel has as much of the answer as it takes.
  void answer(std::uint64_t id, const http_reply& reply, const std::function<void()>& sent = {});

private:
  struct connection;
  using connections = std::map<std::uint64_t, connection>; // the oldest first

  void accept_some();
  void pause(int error);
  void add(int fd, std::string peer);
  void serve(std::uint64_t id, short revents);
  void read_head(std::uint64_t id, connection& c);
  void write_some(std::uint64_t id, connection& c);
  void read_rest(std::uint64_t id, connection& c);
  bool make_room();
  void drop(connections::iterator at, const char* reason);
  void close_late();
  void watch_time();

  loop& loop_;
  metrics& metrics_;
  request_handler on_request_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::unique_ptr<loop::source> accepting_;
  connections connections_;
  std::uint64_t last_id_ = 0;
  std::size_t unsent_bytes_ = 0;
  bool watching_time_ = false;
};

} // namespace monopod
