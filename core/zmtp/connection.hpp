// One ZMTP connection over a socket that is connected.
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
  sent,   // or kept until the kernel has room
  full,   // so many messages wait already: not taken
  failed, // the connection has ended, or is not open yet
};

/// Owns the descriptor, which does not block. Not thread-safe.
class connection {
public:
  /// `unsent`: messages that wait from an earlier connection. The opening is written by flush().
  connection(int fd, role mine, const message_limits& limits, outgoing unsent = {});
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  int fd() const { return fd_; }
  /// The other end has said READY.
  bool ready() const { return decoder_.ready(); }

  enum class status {
    idle,  // the kernel tells when there is more
    more,  // bytes are left here: call again
    ended, // problem() says why, where the other end broke a rule
  };
  /// Reads at most once, and adds up to `most` complete messages.
  status receive(std::deque<message>& to, std::size_t most);
  std::string_view problem() const { return decoder_.problem(); }

  /// `limit`: messages that may wait.
  send_status send(std::span<const std::uint8_t> envelope, const payload* body, std::size_t limit);
  /// Writes what waits. False: the connection has ended.
  [[nodiscard]] bool flush();
  bool wants_to_write() const;
  std::size_t waiting() const { return outgoing_.size(); }
  outgoing take_unsent();

private:
  bool decode(std::span<const std::byte>& in, std::deque<message>& to, std::size_t most);

  int fd_;
  decoder decoder_;
  outgoing outgoing_;
  std::vector<std::byte> left_; // read, and not decoded yet; at most one read
};

} // namespace monopod::zmtp
