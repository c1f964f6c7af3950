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
  /// `unsent` has the messages that wait from an earlier connection. flush() writes the opening.
  connection(int fd, role mine, const message_limits& limits, outgoing unsent = {});
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
  /// Reads from the socket at most once, and adds up to `most` complete messages to `to`.
  status receive(std::deque<message>& to, std::size_t most);
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
  bool decode(std::span<const std::byte>& in, std::deque<message>& to, std::size_t most);

  int fd_;
  decoder decoder_;
  outgoing outgoing_;
  std::vector<std::byte> left_; // read and not decoded yet; at most one read's
};

} // namespace monopod::zmtp
