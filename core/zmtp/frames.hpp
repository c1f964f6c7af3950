// The bytes that ZMTP puts around messages: ZMTP 3.0 (https://rfc.zeromq.org/spec/23) with the
// security mechanism NULL, and PING and PONG of 3.1 (https://rfc.zeromq.org/spec/37).
#pragma once

#include "core/zmtp/message.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace monopod::zmtp {

inline constexpr std::size_t greeting_bytes = 64;
inline constexpr std::size_t header_bytes_max = 9;
/// A longer command ends the connection: READY has a socket type and an identity, PING 16 bytes.
inline constexpr std::size_t command_bytes_max = 1024;

/// The bits of a frame's first byte; the others are zero.
namespace flag {
inline constexpr unsigned char more = 1;
inline constexpr unsigned char long_size = 2;
inline constexpr unsigned char command = 4;
} // namespace flag

/// Appends the header of a frame with `size` bytes.
void append_header(std::vector<std::byte>& to, std::size_t size, unsigned char flags);

/// The bytes that open a connection: the greeting and the READY that follows it.
std::vector<std::byte> opening(role mine);
/// The answer to a PING with this context.
std::vector<std::byte> pong(std::span<const std::byte> context);

/// Why the other end's greeting can't be accepted; empty if it can. `greeting` holds the part of it
/// that has arrived so far.
std::string_view greeting_problem(std::span<const std::byte> greeting);
/// The same for the command that must be its READY.
std::string_view ready_problem(std::span<const std::byte> body, role mine);

/// A command as a PING (ZMTP 3.1, "Connection heartbeating"): whether it is one, and its context.
struct ping {
  bool is_ping = false;
  std::span<const std::byte> context;
};
ping read_ping(std::span<const std::byte> body);

} // namespace monopod::zmtp
