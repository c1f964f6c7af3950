// The messages and commands that wait to be written to a connection.
#pragma once

#include "core/payload.hpp"
#include "core/zmtp/message.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace monopod::zmtp {

/// Messages and commands in order. A message is written at once if nothing waits. Bodies are
/// shared, not copied. Not thread-safe.
class outgoing {
public:
  enum class status {
    done,    // the kernel has everything
    waiting, // the rest goes once the descriptor can be written to
    failed,  // the connection has ended
  };

  /// Puts the bytes that open a connection before everything else, and after them a first message
  /// of this connection alone, unless it is empty. Messages wait until the other end has opened,
  /// too.
  void open_with(std::vector<std::byte> bytes, std::span<const std::uint8_t> first_word = {});
  /// Adds a command, to go between messages.
  void push_command(std::vector<std::byte> bytes);
  /// Adds a message, to go later.
  void push(std::span<const std::uint8_t> envelope, const payload* body);
  /// Writes a message, and keeps the rest that the kernel does not take. Only if empty().
  status write_message(int fd, std::span<const std::uint8_t> envelope, const payload* body);
  /// Writes everything that waits if `opened`, and only the opening if not.
  status write(int fd, bool opened);

  bool empty() const { return items_.empty(); }
  /// Whether write() has anything to do.
  bool has_due(bool opened) const {
    return !items_.empty() && (opened || items_.front().what == kind::opening);
  }
  std::size_t size() const { return items_.size(); }
  /// Prepares for another connection: keeps the messages that were not written whole, from their
  /// beginnings.
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
