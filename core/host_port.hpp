// "HOST:PORT" taken apart.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace monopod {

/// Views into the text that was taken apart.
struct host_port {
  std::string_view host;
  std::string_view port; // what follows the last colon

  /// 0 to 65535; nothing where the port is no such number.
  std::optional<std::uint16_t> number() const {
    std::uint16_t n = 0;
    const auto* end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data(), end, n);
    return error == std::errc{} && stop == end ? std::optional(n) : std::nullopt;
  }
};

/// Nothing without a host or without a colon.
inline std::optional<host_port> split_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return std::nullopt;
  return host_port{text.substr(0, colon), text.substr(colon + 1)};
}

/// Of "tcp://HOST:PORT".
inline std::optional<host_port> split_tcp_endpoint(std::string_view endpoint) {
  constexpr std::string_view tcp = "tcp://";
  return endpoint.starts_with(tcp) ? split_host_port(endpoint.substr(tcp.size())) : std::nullopt;
}

} // namespace monopod
