// The serving end: many connections, each with a number.
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

/// Like a ROUTER socket of ZeroMQ, but on its user's thread alone. Connections take turns with a
/// bounded number of messages each. Not thread-safe.
class server {
public:
  struct options {
    std::vector<std::string> endpoints;
    int backlog = 0;
    tcp_patience patience;
    message_limits limits;
    std::size_t waiting_messages = 0; // for each connection; beyond it send() returns full
    std::uint64_t opening_ns = 0;     // a connection that has not opened after this is closed
    std::size_t connections = 0;      // further ones are closed at once
    std::uint64_t first_id = 1;       // connections get the numbers above it, each used once
    /// Called when a connection was closed because there are too many, because it did not open, or
    /// for breaking the protocol. Must not be empty.
    std::function<void(std::string_view reason)> refused = [](std::string_view) {};
  };
  /// Binds. Throws std::system_error if an endpoint can't be bound; its what() begins with the
  /// endpoint.
  explicit server(const options& o);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Readable if there is something to do, which receive() then does.
  int fd() const { return epoll_fd_; }
  std::vector<std::string> endpoints() const;

  struct received {
    std::uint64_t from = 0;
    message what;
  };
  /// Takes one message. Returns false if there is none now; fd() will tell.
  bool receive(received& to, std::uint64_t now_ns);
  /// Whether messages are here that fd() does not announce.
  bool has_more() const {
    return !taken_.empty() || next_event_ < events_.size() || !left_.empty();
  }

  /// Sends a message to a connection. `failed` means that it has ended or is not open.
  send_status send(std::uint64_t to, std::span<const std::uint8_t> envelope, const payload* body);
  /// The numeric address of the other end; empty if the connection has ended or is not TCP.
  std::string address(std::uint64_t of) const;

  /// When tick() must be called, on the clock that it is given; UINT64_MAX if never.
  std::uint64_t due_ns() const;
  /// Closes connections that have not opened in time, and accepts again after a pause.
  void tick(std::uint64_t now_ns);

private:
  struct client {
    std::unique_ptr<connection> link;
    std::uint64_t since_ns = 0;
    bool opened = false;
    bool writing = false; // the kernel tells when it can be written to
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
  std::deque<std::uint64_t> opening_; // in the order of their arrival
  std::vector<event> events_;         // of the last look, from next_event_ on
  std::size_t next_event_ = 0;
  std::deque<std::uint64_t> left_; // connections holding bytes that the kernel no longer has
  std::deque<message> batch_;
  std::deque<received> taken_;
};

} // namespace monopod::zmtp
