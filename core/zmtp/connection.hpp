// One ZMTP connection over a connected socket.
#pragma once

#include "core/zmtp/decoder.hpp"
#include "core/zmtp/message.hpp"
#include "core/zmtp/outgoing.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace monopod::zmtp {

enum class send_status {
  sent,   // or it is kept until the kernel has room
  full,   // too many messages wait already; it was not taken
  failed, // the connection has ended, or is not open yet
};

/// Owns the descriptor, which must be non-blocking. Not thread-safe.
class connection {
public:
  /// `unsent` has the messages that wait from an earlier connection; a `first_word` that is not
  /// empty goes before them. flush() writes the opening.
  connection(int fd, role mine, const message_limits& limits, outgoing unsent = {},
             std::span<const std::uint8_t> first_word = {});
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  int fd() const { return fd_; }
  /// Whether the other end has sent READY.
  bool ready() const { return decoder_.ready(); }

  enum class status {
    idle,  // the kernel will tell when there is more
    more,  // bytes are left here; call again
    ended, // problem() says why, if the other end broke a rule
  };
  /// Reads from the socket at most once, and adds complete messages to `to`. What may be taken at
  /// once:
  struct portion {
    std::size_t messages = 64;
    // Of the part that is arriving, and as many beyond it: a little over two frames of the usual
    // size, since each read costs a system call.
    std::size_t bytes = 64 * 1024;
  };
  status receive(std::deque<message>& to, const portion& most);
  /// The memory held for the other end: bytes that are not decoded yet, and an unfinished message.
  std::size_t held_bytes() const { return left_.size() + decoder_.unfinished_bytes(); }
  /// Whether bytes of the other end's wait, here or in the kernel.
  bool has_unread() const;
  /// The rule that the other end broke; empty if it broke none.
  std::string_view problem() const { return decoder_.problem(); }

  /// Writes a message, or keeps it if at most `limit` wait then.
  send_status send(std::span<const std::uint8_t> envelope, const payload* body, std::size_t limit);
  /// Writes everything that waits and may be written. Returns false if the connection has ended.
  [[nodiscard]] bool flush();
  bool wants_to_write() const;
  std::size_t waiting() const { return outgoing_.size(); }
  /// The messages that were not written whole, for the next connection. Nothing is left here.
  outgoing take_unsent();

private:
  bool decode(std::span<const std::byte>& in, std::deque<message>& to, std::size_t messages);

  int fd_;
  decoder decoder_;
  outgoing outgoing_;
  std::vector<std::byte> left_; // read, and not decoded yet from left_at_ on; at most one read's
  std::size_t left_at_ = 0;
};

} // namespace monopod::zmtp
