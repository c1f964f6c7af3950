// The connecting end: one connection, which is made again whenever it has ended.
#pragma once

#include "core/zmtp/address_book.hpp"
#include "core/zmtp/connection.hpp"
#include "core/zmtp/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace monopod::zmtp {

/// Like a DEALER socket of ZeroMQ with one peer, but on its user's thread alone. The user waits for
/// fd() and due_ns(). Not thread-safe.
class connector {
public:
  struct options {
    std::string endpoint;
    tcp_patience patience;
    message_limits limits;
    std::size_t waiting_messages = 0;          // beyond it send() returns full
    bool keeps_unsent = false;                 // send() keeps messages without a connection, too
    std::vector<std::uint8_t> first_word = {}; // the first message of each connection, unless empty
    std::uint64_t opening_ns = 0; // an attempt that has not opened after this is given up
    std::uint64_t retry_ns = 0;   // the pause after a failed attempt; doubled each time,
    std::uint64_t retry_max_ns = 0;
  };
  /// Throws std::invalid_argument if the endpoint is not one. tick() connects.
  explicit connector(options o);
  ~connector();
  connector(const connector&) = delete;
  connector& operator=(const connector&) = delete;

  /// The descriptor to wait for; -1 if there is none at the moment. It changes only in tick(),
  /// on_event() and receive().
  int fd() const { return connection_ ? connection_->fd() : connecting_fd_; }
  /// The events of poll(2) to wait for at fd().
  short events() const;
  /// When tick() must be called, on the clock that it is given; UINT64_MAX if never.
  std::uint64_t due_ns() const;
  /// Begins a due attempt, and gives up one that took too long.
  void tick(std::uint64_t now_ns);
  /// Takes the events for which fd() is ready.
  void on_event(short revents, std::uint64_t now_ns);

  /// Takes one message, those of earlier connections first, and reads if there is none. Returns
  /// false if there is none now.
  bool receive(message& to, std::uint64_t now_ns);
  /// Whether messages are here that fd() does not announce.
  bool has_more() const { return !taken_.empty() || left_; }

  send_status send(std::span<const std::uint8_t> envelope, const payload* body);
  bool ready() const { return connection_ && connection_->ready(); }
  /// Whether send() would take a message.
  bool has_room() const;

  struct happenings {
    bool connected = false;    // a connection was made, and the other end has sent READY
    bool disconnected = false; // the connection ended, and there was no other since
    bool interrupted = false;  // a connection ended; maybe another followed
  };
  /// Tells what has happened since the last call.
  happenings happened() { return std::exchange(happened_, {}); }

private:
  void connect(std::uint64_t now_ns);
  void established(std::uint64_t now_ns);
  void ended(std::uint64_t now_ns);
  void read(std::uint64_t now_ns);

  options options_;
  address_book addresses_;
  int connecting_fd_ = -1;
  std::optional<connection> connection_;
  bool was_ready_ = false;
  bool left_ = false; // the connection holds bytes that the kernel no longer has
  outgoing unsent_;
  std::deque<message> taken_;
  std::uint64_t begun_ns_ = 0;
  std::uint64_t retry_at_ns_ = 0;
  std::uint64_t retry_ns_;
  happenings happened_;
};

} // namespace monopod::zmtp
