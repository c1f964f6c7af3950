// Splits "HOST:PORT".
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace monopod {

/// Views into the text that was split.
struct host_port {
  std::string_view host;
  std::string_view port; // the part after the last colon

  /// The port as a number; nothing if it is not one from 0 to 65535.
  std::optional<std::uint16_t> number() const {
    std::uint16_t n = 0;
    const auto* end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data(), end, n);
    return error == std::errc{} && stop == end ? std::optional(n) : std::nullopt;
  }
};

/// Nothing if the host or the colon is missing.
inline std::optional<host_port> split_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return std::nullopt;
  return host_port{text.substr(0, colon), text.substr(colon + 1)};
}

/// The same for "tcp://HOST:PORT".
inline std::optional<host_port> split_tcp_endpoint(std::string_view endpoint) {
  constexpr std::string_view tcp = "tcp://";
  return endpoint.starts_with(tcp) ? split_host_port(endpoint.substr(tcp.size())) : std::nullopt;
}

} // namespace monopod
