#include "core/zmtp/frames.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

namespace monopod::zmtp {

namespace {

constexpr std::size_t signature_bytes = 10;
constexpr std::size_t version_at = 10;
constexpr std::size_t mechanism_at = 12;
constexpr std::size_t mechanism_bytes = 20;
constexpr std::uint8_t major_version = 3;
constexpr std::uint8_t minor_version = 1;

void append(std::vector<std::byte>& to, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

template <class Number>
void append_byte(std::vector<std::byte>& to, Number value) {
  to.push_back(static_cast<std::byte>(value & 0xff));
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Takes `n` bytes from the front; nothing if there are fewer.
std::optional<std::span<const std::byte>> take(std::span<const std::byte>& from, std::size_t n) {
  if (from.size() < n)
    return std::nullopt;
  const auto taken = from.first(n);
  from = from.subspan(n);
  return taken;
}

std::size_t number(std::span<const std::byte> big_endian) {
  std::size_t n = 0;
  for (const auto b : big_endian)
    n = n << 8 | std::to_integer<std::size_t>(b);
  return n;
}

// Takes a length of `width` bytes and then as many bytes as it says.
std::optional<std::span<const std::byte>> take_sized(std::span<const std::byte>& from,
                                                     std::size_t width) {
  const auto size = take(from, width);
  return size ? take(from, number(*size)) : std::nullopt;
}

bool goes_with(std::string_view theirs, role mine) {
  return mine == role::router ? theirs == "DEALER" || theirs == "REQ" || theirs == "ROUTER"
                              : theirs == "ROUTER" || theirs == "REP";
}

// Metadata names are case-insensitive (ZMTP 3.0, "The NULL security mechanism").
bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

} // namespace

void append_header(std::vector<std::byte>& to, std::size_t size, unsigned char flags) {
  const bool is_long = size > 255;
  append_byte(to, is_long ? flags | flag::long_size : flags);
  for (int shift = is_long ? 56 : 0; shift >= 0; shift -= 8)
    append_byte(to, size >> shift);
}

std::vector<std::byte> opening(role mine) {
  std::vector<std::byte> bytes(greeting_bytes);
  bytes[0] = std::byte{0xff};
  bytes[signature_bytes - 1] = std::byte{0x7f};
  bytes[version_at] = std::byte{major_version};
  bytes[version_at + 1] = std::byte{minor_version};
  std::memcpy(bytes.data() + mechanism_at, "NULL", 4);
  std::vector<std::byte> ready;
  append(ready, "\5READY\13Socket-Type");
  const std::string_view type = mine == role::router ? "ROUTER" : "DEALER";
  for (int shift = 24; shift >= 0; shift -= 8)
    append_byte(ready, type.size() >> shift);
  append(ready, type);
  append_header(bytes, ready.size(), flag::command);
  bytes.insert(bytes.end(), ready.begin(), ready.end());
  return bytes;
}

std::vector<std::byte> pong(std::span<const std::byte> context) {
  std::vector<std::byte> bytes;
  append_header(bytes, 5 + context.size(), flag::command);
  append(bytes, "\4PONG");
  bytes.insert(bytes.end(), context.begin(), context.end());
  return bytes;
}

std::string_view greeting_problem(std::span<const std::byte> greeting) {
  if (!greeting.empty() && greeting[0] != std::byte{0xff})
    return "does not speak ZeroMQ";
  if (greeting.size() >= signature_bytes &&
      (greeting[signature_bytes - 1] & std::byte{1}) == std::byte{0})
    return "does not speak ZeroMQ";
  if (greeting.size() > version_at &&
      std::to_integer<std::uint8_t>(greeting[version_at]) < major_version)
    return "speaks an older ZMTP than 3.0 (libzmq before 4.0)";
  if (greeting.size() < greeting_bytes)
    return {};
  const auto mechanism = text_of(greeting.subspan(mechanism_at, mechanism_bytes));
  if (mechanism.substr(0, mechanism.find('\0')) != "NULL")
    return "wants a security mechanism other than NULL";
  return {};
}

std::string_view ready_problem(std::span<const std::byte> body, role mine) {
  const auto name = take_sized(body, 1);
  if (!name || text_of(*name) != "READY")
    return "does not begin with READY";
  while (!body.empty()) {
    const auto property = take_sized(body, 1);
    const auto value = property ? take_sized(body, 4) : std::nullopt;
    if (!value)
      return "says a READY that is cut short";
    if (same_name(text_of(*property), "Socket-Type") && !goes_with(text_of(*value), mine))
      return "is a socket of a type that does not go with this one";
  }
  return {};
}

ping read_ping(std::span<const std::byte> body) {
  constexpr std::size_t context_bytes_max = 16;
  const auto name = take_sized(body, 1);
  if (!name || text_of(*name) != "PING" || !take(body, 2)) // skips the time to live, which TCP
                                                           // takes care of
    return {};
  return {true, body.first(std::min(body.size(), context_bytes_max))};
}

} // namespace monopod::zmtp
