// What waits to be written to a connection.
#pragma once

#include "core/payload.hpp"
#include "core/zmtp/message.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace monopod::zmtp {

/// Messages and commands in order. A message is written at once where nothing waits; bodies are
/// shared and not copied. Not thread-safe.
class outgoing {
public:
  enum class status {
    done,    // all is with the kernel
    waiting, // the rest goes when the descriptor can be written
    failed,  // the connection has ended
  };

  /// Before all that waits: what opens a connection. Messages wait until it is answered.
  void open_with(std::vector<std::byte> bytes);
  /// A command, between messages.
  void push_command(std::vector<std::byte> bytes);
  /// Keeps a message for later.
  void push(std::span<const std::uint8_t> envelope, const payload* body);
  /// Writes a message, and keeps what the kernel does not take of it. Only where nothing waits.
  status write_message(int fd, std::span<const std::uint8_t> envelope, const payload* body);
  /// Writes what waits; `opened`: messages, too.
  status write(int fd, bool opened);

  bool empty() const { return items_.empty(); }
  /// Whether write() has anything to do.
  bool has_due(bool opened) const {
    return !items_.empty() && (opened || items_.front().what == kind::opening);
  }
  std::size_t size() const { return items_.size(); }
  /// For another connection: messages that were not written whole, from their beginning.
  void rewind();

private:
  enum class kind { opening, command, message };
  struct item {
    kind what = kind::message;
    std::vector<std::byte> head; // headers, and the envelope
    payload body;
    std::size_t size_bytes() const { return head.size() + body.size_bytes(); }
  };
  void frame(std::span<const std::uint8_t> envelope, const payload* body,
             std::vector<std::byte>& head) const;
  void written(std::size_t bytes);

  std::deque<item> items_;
  std::size_t front_done_ = 0; // bytes of the first one that the kernel has
  std::vector<std::byte> head_;
};

} // namespace monopod::zmtp
