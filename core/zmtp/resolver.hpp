// Looks up the names of hosts without waiting for the answer.
#pragma once

#include "core/zmtp/socket.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace monopod::zmtp {

struct resolved_name {
  std::vector<socket_address> addresses; // IPv4 first; empty if the look-up failed
  std::string error;                     // why it failed, for people; empty if it did not
};

/// Looks up `host` with getaddrinfo(3), which may block for seconds, on a thread of its own, and
/// calls `done` there once; the thread then ends by itself. The addresses carry `port`. Any thread;
/// a caller must have at most one look-up under way, which bounds the threads.
void resolve_apart(std::string host, std::uint16_t port, std::function<void(resolved_name)> done);

} // namespace monopod::zmtp
