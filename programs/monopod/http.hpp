// Questions to a running pod, over its HTTP port.
#pragma once

#include <cstdint>
#include <string>

namespace monopod {

/// Where a pod listens, from "HOST:PORT"; std::runtime_error with the remedy where it is not that.
struct http_address {
  std::string host;
  std::uint16_t port = 0;

  static http_address parse(const std::string& text);
  std::string text() const { return host + ":" + std::to_string(port); }
};

struct http_reply {
  int status = 0; // 0: nobody answered; then `body` says why
  std::string body;
};

/// Waits five seconds at most. `method`: "GET", "POST"; `target`: path and query, as they are sent.
http_reply ask_pod(const http_address& address, const std::string& method,
                   const std::string& target);

/// What to tell a user about status 0.
std::string unreachable(const http_address& address, const http_reply& reply);

} // namespace monopod
