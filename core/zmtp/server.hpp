// The serving end: many connections, each with a number.
#pragma once

#include "core/zmtp/connection.hpp"
#include "core/zmtp/socket.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace monopod::zmtp {

/// Like a ROUTER socket of ZeroMQ, but on its user's thread alone. Connections take turns, also
/// with those that connect; one of which nothing good is known has one message a turn. Each phase
/// of a connection has a time, which begins again if the bytes that it waits for are here and
/// were not read. Not thread-safe.
class server {
public:
  struct options {
    std::vector<std::string> endpoints;
    int backlog = 0;
    tcp_patience patience;
    message_limits limits;
    std::size_t waiting_messages = 0; // for each connection; beyond it send() returns full
    std::uint64_t opening_ns = 0;     // until READY,
    std::uint64_t first_word_ns = 0;  // and then until heard(); 0: any time
    std::uint64_t message_ns = 0;     // from a message's first byte to its last
    // The memory of incomplete and undecoded messages of all connections together. Beyond it, the
    // oldest of them are dropped with their connections, first those of peers not heard().
    std::size_t unfinished_bytes = 0;
    // At this number, the oldest connection that was not heard() makes room; a new one is closed if
    // there is none.
    std::size_t connections = 0;
    std::size_t connections_per_address = 0;  // further ones are closed at once
    std::size_t connections_of_this_host = 0; // the same, by loopback and ipc
    int malformed_messages = 0;               // blame() closes the connection at so many
    std::uint64_t first_id = 1; // connections get the numbers above it, each used once
    /// Called when a connection was closed for one of these reasons, or for breaking the protocol.
    /// Must not be empty.
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
  /// Takes one message. Returns false if there is none now, which fd() will tell; or if enough was
  /// done in this turn. A turn is all calls with the same `now_ns`.
  bool receive(received& to, std::uint64_t now_ns);
  /// Whether messages are here that fd() does not announce.
  bool has_more() const {
    return !taken_.empty() || next_event_ < events_.size() || !left_.empty();
  }

  /// Sends a message to a connection. `failed` means that it has ended or is not open.
  send_status send(std::uint64_t to, std::span<const std::uint8_t> envelope, const payload* body);
  /// The numeric address of the other end; empty if the connection has ended or is not TCP.
  std::string address(std::uint64_t of) const;

  /// Tells the server that this peer has sent something that only an honest one sends, and the name
  /// under which it did, if any.
  void heard(std::uint64_t from, const std::string& as = {});
  /// The name of this peer, also if its connection has just been closed; empty if there is
  /// none.
  std::string name(std::uint64_t of) const;
  /// Tells the server that a message of this connection was not valid.
  void blame(std::uint64_t from);

  /// When tick() must be called, on the clock that it is given; UINT64_MAX if never.
  std::uint64_t due_ns() const;
  /// Closes connections whose time is over, and accepts again after a pause.
  void tick(std::uint64_t now_ns);

private:
  enum phase { opening, wordless, unfinished, resting, phases }; // in an array
  struct client {
    std::uint64_t id = 0;
    std::unique_ptr<connection> link;
    std::string source; // the address that it counts for
    phase now = opening;
    std::uint64_t since_ns = 0; // in this phase, or of this message
    std::list<client*>::iterator place;
    bool heard = false;
    std::string name;     // see heard()
    bool writing = false; // the kernel tells when it can be written to
    bool left = false;    // it is in left_
    std::size_t held_bytes = 0;
    int malformed = 0;
  };
  using client_map = std::unordered_map<std::uint64_t, client>;

  struct event {
    std::uint64_t id = 0;
    std::uint32_t what = 0;
  };
  bool look();
  bool serve_one();
  bool serve_event();
  void accept_some(const listener& at);
  void stop_accepting();
  bool admit(const std::string& source, int fd);
  void add(int fd, std::string source);
  void read(client& from);
  void watch(client& c);
  void account(client& c, bool progress);
  void enter(client& c, phase next);
  void give_up_oldest();
  client* oldest_silent();
  std::uint64_t limit_ns(phase p) const;
  void refuse(client& c, std::string_view reason, std::string_view text);
  void close(client& c);

  options options_;
  int epoll_fd_ = -1;
  std::vector<listener> listeners_;
  bool accepting_ = true;
  std::uint64_t accept_again_ns_ = 0;
  client_map clients_;
  std::array<std::list<client*>, phases> by_phase_; // in the order of since_ns
  std::unordered_map<std::string, std::size_t> by_source_;
  std::size_t held_bytes_ = 0; // by all
  std::uint64_t last_id_;
  std::vector<event> events_; // of the last look, from next_event_ on
  std::size_t next_event_ = 0;
  std::deque<std::uint64_t> left_; // connections holding bytes that the kernel no longer has
  bool turn_of_left_ = false;
  std::uint64_t turn_ns_ = 0;
  int work_ = 0; // done in this turn
  std::deque<message> batch_;
  std::deque<received> taken_;                   // of one connection
  std::pair<std::uint64_t, std::string> closed_; // the last one, and its name: taken_ may be its
};

} // namespace monopod::zmtp
