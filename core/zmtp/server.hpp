// The serving end: many connections, of which each has a number.
#pragma once

#include "core/zmtp/connection.hpp"
#include "core/zmtp/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace monopod::zmtp {

/// As a ROUTER socket of ZeroMQ, on the thread of its user alone. Connections take turns, a bounded
/// number of messages each. Not thread-safe.
class server {
public:
  struct options {
    std::vector<std::string> endpoints;
    int backlog = 0;
    tcp_patience patience;
    message_limits limits;
    std::size_t waiting_messages = 0; // for each connection; beyond, send() says full
    std::uint64_t opening_ns = 0;     // a connection that has not opened by then is closed
    std::size_t connections = 0;      // more are closed at once
    std::uint64_t first_id = 1; // of the connections' numbers, which rise and never come again
    /// A connection was closed, as too many, unopened or for breaking the protocol. Not empty.
    std::function<void(std::string_view reason)> refused = [](std::string_view) {};
  };
  /// Throws std::system_error where an endpoint can't be bound; its what() begins with the
  /// endpoint.
  explicit server(const options& o);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Readable when there is something to do: then receive() does it.
  int fd() const { return epoll_fd_; }
  std::vector<std::string> endpoints() const;

  struct received {
    std::uint64_t from = 0;
    message what;
  };
  /// Takes one message. False: there is none now, and fd() will tell.
  bool receive(received& to, std::uint64_t now_ns);
  /// Messages are here that fd() does not tell of.
  bool has_more() const {
    return !taken_.empty() || next_event_ < events_.size() || !left_.empty();
  }

  /// `failed`: there is no such connection any more.
  send_status send(std::uint64_t to, std::span<const std::uint8_t> envelope, const payload* body);
  /// Numeric; empty where the connection has gone, or is no TCP.
  std::string address(std::uint64_t of) const;

  /// When tick() is to be called; UINT64_MAX: not at all.
  std::uint64_t due_ns() const;
  /// Closes what has not opened in time, and accepts again.
  void tick(std::uint64_t now_ns);

private:
  struct client {
    std::unique_ptr<connection> link;
    std::uint64_t since_ns = 0;
    bool opened = false;
    bool writing = false; // is told when it can be written to
  };
  using client_map = std::unordered_map<std::uint64_t, client>;

  struct event {
    std::uint64_t id = 0;
    std::uint32_t what = 0;
  };
  bool look();
  void serve(const event& e, std::uint64_t now_ns);
  void accept_all(const listener& at, std::uint64_t now_ns);
  void read(client_map::iterator from);
  void watch(std::uint64_t id, client& c);
  void close(client_map::iterator which);

  options options_;
  int epoll_fd_ = -1;
  std::vector<listener> listeners_;
  bool accepting_ = true;
  std::uint64_t accept_again_ns_ = 0;
  client_map clients_;
  std::uint64_t last_id_;
  std::deque<std::uint64_t> opening_; // in the order in which they came
  std::vector<event> events_;         // of the last look, from next_event_ on
  std::size_t next_event_ = 0;
  std::deque<std::uint64_t> left_; // connections that have bytes which the kernel does not know of
  std::deque<message> batch_;
  std::deque<received> taken_;
};

} // namespace monopod::zmtp
