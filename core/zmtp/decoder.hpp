// Turns the bytes of a ZMTP connection into messages.
#pragma once

#include "core/zmtp/frames.hpp"
#include "core/zmtp/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace monopod::zmtp {

/// Pure: it has no socket. Takes any bytes, in any pieces. Its memory follows the bytes that have
/// arrived, whatever a header claims, up to message_limits.
class decoder {
public:
  decoder(role mine, const message_limits& limits) : mine_(mine), limits_(limits) {}

  enum class status {
    wants_more, // all bytes were taken
    message,    // a message is complete: take() it
    pinged,     // a PING arrived: answer with pong(context())
    broken,     // problem() says why; no more bytes are taken
  };
  /// Takes bytes from the front of `in` until one of these is the case. The front of `in` moves.
  status next(std::span<const std::byte>& in);

  message take();
  std::span<const std::byte> context() const { return context_; }
  std::string_view problem() const { return problem_; }
  /// Whether greeting and READY have arrived, so that messages may be sent.
  bool ready() const { return ready_; }

  /// A place for more of the part that is arriving; empty between parts. A caller may put bytes
  /// there instead of giving them to next(); it then tells filled() how many, and calls next().
  std::span<std::byte> room();
  void filled(std::size_t bytes) { done_ += bytes; }

  /// The memory of a message or command that has begun and not ended; 0 between two of them.
  std::size_t unfinished_bytes() const;

private:
  enum class state { greeting, flags, size, part, broken };

  bool collect(std::span<const std::byte>& in, std::size_t bytes);
  bool read_greeting(std::span<const std::byte>& in);
  bool read_size(std::span<const std::byte>& in);
  void begin_part(std::size_t bytes);
  void make_room(std::size_t bytes);
  bool read_part(std::span<const std::byte>& in);
  status end_part();
  status end_command();
  status fail(std::string_view problem);

  role mine_;
  message_limits limits_;
  state state_ = state::greeting;
  bool ready_ = false;
  std::string_view problem_;
  std::array<std::byte, greeting_bytes> collected_{}; // greeting, or a frame's header
  std::size_t collected_bytes_ = 0;
  unsigned char flags_ = 0;
  std::size_t part_ = 0; // index of the part in its message
  std::size_t size_bytes_ = 0;
  std::size_t done_ = 0;
  enum class target { skipped, command, envelope, body };
  target target_ = target::skipped;
  std::byte* room_ = nullptr;  // where the part goes,
  std::size_t room_bytes_ = 0; // as far as it has memory
  std::vector<std::byte> command_;
  std::span<const std::byte> context_;
  std::shared_ptr<std::byte[]> body_;
  message message_;
};

} // namespace monopod::zmtp
