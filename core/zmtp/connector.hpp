// The connecting end: one connection, made again whenever it has ended.
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

namespace monopod::zmtp {

/// As a DEALER socket of ZeroMQ with one peer, on the thread of its user alone, who waits for fd()
/// and due_ns(). Not thread-safe.
class connector {
public:
  struct options {
    std::string endpoint;
    tcp_patience patience;
    message_limits limits;
    std::size_t waiting_messages = 0; // beyond, send() says full
    bool keeps_unsent = false; // messages wait for a connection, too; else they are not taken then
    std::uint64_t opening_ns = 0; // an attempt that has not opened by then is given up
    std::uint64_t retry_ns = 0;   // after an attempt failed; doubled each time, up to
    std::uint64_t retry_max_ns = 0;
  };
  /// Throws std::invalid_argument where the endpoint is none. Connects in tick().
  explicit connector(options o);
  ~connector();
  connector(const connector&) = delete;
  connector& operator=(const connector&) = delete;

  /// -1: there is none at the moment. Changes only in tick(), on_event() and receive().
  int fd() const { return connection_ ? connection_->fd() : connecting_fd_; }
  /// poll(2)'s for fd().
  short events() const;
  /// When tick() is to be called; UINT64_MAX: not at all.
  std::uint64_t due_ns() const;
  void tick(std::uint64_t now_ns);
  /// fd() is ready for these events.
  void on_event(short revents, std::uint64_t now_ns);

  /// Takes one message, of earlier connections first; reads where there is none. False: there is
  /// none now.
  bool receive(message& to, std::uint64_t now_ns);
  /// Messages are here that fd() does not tell of.
  bool has_more() const { return !taken_.empty() || left_; }

  send_status send(std::span<const std::uint8_t> envelope, const payload* body);
  bool ready() const { return connection_ && connection_->ready(); }
  /// send() would take a message.
  bool has_room() const;

  struct happenings {
    bool connected = false;    // and the other end has said READY
    bool disconnected = false; // and not connected again since
    bool interrupted = false;  // a connection ended, maybe followed by another
  };
  /// What has happened since last asked.
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
  bool left_ = false; // the connection has bytes that the kernel does not know of
  outgoing unsent_;
  std::deque<message> taken_;
  std::uint64_t begun_ns_ = 0;
  std::uint64_t retry_at_ns_ = 0;
  std::uint64_t retry_ns_;
  happenings happened_;
};

} // namespace monopod::zmtp
