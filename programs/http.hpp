// Questions over HTTP: to pods, and to the servers that tests and benchmarks run beside them.
#pragma once

#include <cstdint>
#include <string>

namespace monopod {

/// The address at which a server listens. parse() takes "HOST:PORT", and throws std::runtime_error
/// with the remedy for anything else.
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

/// Waits up to five seconds for an answer to begin. `method` is "GET" or "POST"; `target` is path
/// and query, as they are sent. A body beyond limits::http_answer_bytes is cut. May be called on
/// any thread; each call makes a connection of its own.
http_answer ask_http(const http_address& address, const std::string& method,
                     const std::string& target);

} // namespace monopod
