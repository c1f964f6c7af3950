// Questions over HTTP: to pods, and to whatever tests and benchmarks run beside them.
#pragma once

#include <cstdint>
#include <string>

namespace monopod {

/// Where a server listens, from "HOST:PORT"; std::runtime_error with the remedy if it is not that.
struct http_address {
  std::string host;
  std::uint16_t port = 0;

  static http_address parse(const std::string& text);
  std::string text() const { return host + ":" + std::to_string(port); }
};

struct http_answer {
  int status = 0; // 0: nobody answered; then `body` says why
  std::string body;
};

/// Waits five seconds for an answer to begin. `method`: "GET", "POST"; `target`: path and query, as
/// they are sent. A body beyond limits::http_answer_bytes is cut. Any thread, by a connection of
/// its own.
http_answer ask_http(const http_address& address, const std::string& method,
                     const std::string& target);

} // namespace monopod
