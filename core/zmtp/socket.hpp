// Sockets for endpoints as ZeroMQ writes them: tcp://HOST:PORT and ipc://PATH.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/socket.h>

namespace monopod::zmtp {

struct socket_address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// Tells the kernel when to give a connection up. It does so by itself, without waking a thread
/// (tcp(7)).
struct tcp_patience {
  int probe_ms = 0;          // silence before a probe, and between probes; whole seconds
  int silence_ms = 0;        // after this long without an answer, the connection has ended
  int unacknowledged_ms = 0; // the same for bytes that were sent
};

/// Whether the endpoint is tcp:// or ipc://.
bool is_stream_endpoint(const std::string& endpoint);

/// The address of an endpoint with a path or a numeric address. Nothing for a host's name, which
/// would have to be looked up. Throws std::invalid_argument if it is not an endpoint.
std::optional<socket_address> numeric_address(const std::string& endpoint);
/// The host and the port that a TCP endpoint names. Throws std::invalid_argument if it is not one.
struct named_host {
  std::string host;
  std::uint16_t port = 0;
};
named_host named_in(const std::string& endpoint);

struct listener {
  int fd = -1;
  std::string endpoint; // with the port that the system chose
};
/// Binds and listens. HOST may be '*', a numeric address or the name of an interface. Throws
/// std::system_error.
listener listen_at(const std::string& endpoint, int backlog);
struct accepted {
  int fd = -1;        // -1: none, with the errno of accept(2)
  std::string source; // the numeric address; empty: this host
};
/// The next connection that waits.
accepted accept_at(const listener& at, const tcp_patience& patience);
void close_listener(const listener& at);

/// Begins to connect without waiting. Returns the descriptor, or -1 with errno if that fails at
/// once.
int begin_connect(const socket_address& to, const tcp_patience& patience);
/// 0, or the errno with which the attempt failed.
int connect_error(int fd);

/// The numeric address of the other end; empty for ipc.
std::string peer_address(int fd);

} // namespace monopod::zmtp
