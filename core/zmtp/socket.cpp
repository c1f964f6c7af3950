#include "core/zmtp/socket.hpp"

#include "core/ensure.hpp"
#include "core/host_port.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string_view>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace monopod::zmtp {

namespace {

constexpr std::string_view ipc = "ipc://";

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

template <class Address>
socket_address address_of(const Address& a, std::size_t bytes = sizeof(Address)) {
  socket_address out;
  static_assert(sizeof(Address) <= sizeof out.storage);
  std::memcpy(&out.storage, &a, sizeof a);
  out.bytes = static_cast<socklen_t>(bytes);
  return out;
}

// "@name" is a path in the abstract namespace, as libzmq writes it.
socket_address ipc_address(std::string_view path) {
  sockaddr_un a{};
  if (path.empty() || path.size() >= sizeof a.sun_path)
    throw std::invalid_argument("no path of 1 to 107 bytes");
  a.sun_family = AF_UNIX;
  path.copy(a.sun_path, path.size());
  if (a.sun_path[0] == '@')
    a.sun_path[0] = '\0';
  return address_of(a, offsetof(sockaddr_un, sun_path) + path.size() +
                           (a.sun_path[0] == '\0' ? 0U : 1U));
}

host_port split(const std::string& endpoint) {
  const auto parts = split_tcp_endpoint(endpoint);
  if (!parts || (parts->port != "*" && !parts->number()))
    throw std::invalid_argument("neither tcp://HOST:PORT nor ipc://PATH");
  return *parts;
}

std::string host_of(const host_port& parts) {
  auto host = std::string(parts.host);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2); // IPv6
  return host;
}

std::optional<socket_address> numeric(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (host == "*" || inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1)
    return address_of(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1)
    return address_of(v6);
  return std::nullopt;
}

std::optional<socket_address> of_interface(const std::string& name, std::uint16_t port) {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0)
    return std::nullopt;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(all, freeifaddrs);
  for (const auto* i = all; i != nullptr; i = i->ifa_next)
    if (i->ifa_name == name && i->ifa_addr != nullptr && i->ifa_addr->sa_family == AF_INET) {
      sockaddr_in a{};
      std::memcpy(&a, i->ifa_addr, sizeof a);
      a.sin_port = htons(port);
      return address_of(a);
    }
  return std::nullopt;
}

void set(int fd, int level, int option, int value) {
  MONOPOD_ENSURE(setsockopt(fd, level, option, &value, sizeof value) == 0, "socket option");
}

void tune(int fd, sa_family_t family, const tcp_patience& p) {
  if (family == AF_UNIX)
    return;
  constexpr int ms_per_s = 1000;
  const int probe_s = std::max(p.probe_ms / ms_per_s, 1);
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, probe_s);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, probe_s);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, std::max(p.silence_ms / (probe_s * ms_per_s), 1));
  set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, p.unacknowledged_ms);
}

std::string text_of(const sockaddr_storage& a) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* from = nullptr;
  if (a.ss_family == AF_INET)
    from = &reinterpret_cast<const sockaddr_in*>(&a)->sin_addr;
  else if (a.ss_family == AF_INET6)
    from = &reinterpret_cast<const sockaddr_in6*>(&a)->sin6_addr;
  return from != nullptr && inet_ntop(a.ss_family, from, text.data(), text.size()) != nullptr
             ? text.data()
             : "";
}

std::string source_of(const sockaddr_storage& a) {
  if (a.ss_family == AF_INET) {
    const auto host = ntohl(reinterpret_cast<const sockaddr_in*>(&a)->sin_addr.s_addr);
    return host >> 24 == IN_LOOPBACKNET ? "" : text_of(a);
  }
  if (a.ss_family != AF_INET6)
    return "";
  const auto& v6 = reinterpret_cast<const sockaddr_in6*>(&a)->sin6_addr;
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == IN_LOOPBACKNET;
  return mapped || IN6_IS_ADDR_LOOPBACK(&v6) ? "" : text_of(a);
}

std::string bound_endpoint(int fd, const std::string& endpoint) {
  if (endpoint.starts_with(ipc))
    return endpoint;
  sockaddr_storage a{};
  socklen_t bytes = sizeof a;
  MONOPOD_ENSURE(getsockname(fd, reinterpret_cast<sockaddr*>(&a), &bytes) == 0, "getsockname");
  const auto port = ntohs(a.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&a)->sin6_port
                                                  : reinterpret_cast<sockaddr_in*>(&a)->sin_port);
  const auto host = text_of(a);
  return "tcp://" + (a.ss_family == AF_INET6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

} // namespace

bool is_stream_endpoint(const std::string& endpoint) {
  return endpoint.starts_with("tcp://") || endpoint.starts_with(ipc);
}

std::optional<socket_address> numeric_address(const std::string& endpoint) {
  if (endpoint.starts_with(ipc))
    return ipc_address(std::string_view(endpoint).substr(ipc.size()));
  const auto parts = split(endpoint);
  return numeric(host_of(parts), parts.number().value_or(0));
}

named_host named_in(const std::string& endpoint) {
  const auto parts = split(endpoint);
  return {host_of(parts), parts.number().value_or(0)};
}

listener listen_at(const std::string& endpoint, int backlog) {
  std::optional<socket_address> at;
  try {
    at = numeric_address(endpoint);
  } catch (const std::invalid_argument&) {
    fail(EINVAL, endpoint);
  }
  if (!at) {
    const auto parts = split(endpoint);
    at = of_interface(host_of(parts), parts.number().value_or(0));
  }
  if (!at)
    fail(ENODEV, endpoint);
  const int family = at->storage.ss_family;
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    fail(errno, endpoint);
  if (family != AF_UNIX)
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  else if (endpoint[ipc.size()] != '@')
    unlink(endpoint.c_str() + ipc.size()); // a killed process may have left it
  if (bind(fd, at->get(), at->bytes) != 0 || listen(fd, backlog) != 0) {
    const int error = errno;
    close(fd);
    fail(error, endpoint);
  }
  return {fd, bound_endpoint(fd, endpoint)};
}

accepted accept_at(const listener& at, const tcp_patience& patience) {
  sockaddr_storage from{};
  socklen_t bytes = sizeof from;
  const int fd =
      accept4(at.fd, reinterpret_cast<sockaddr*>(&from), &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0)
    return {};
  tune(fd, at.endpoint.starts_with(ipc) ? AF_UNIX : AF_INET, patience);
  return {fd, source_of(from)};
}

void close_listener(const listener& at) {
  close(at.fd);
  if (at.endpoint.starts_with(ipc) && at.endpoint[ipc.size()] != '@')
    unlink(at.endpoint.c_str() + ipc.size());
}

int begin_connect(const socket_address& to, const tcp_patience& patience) {
  const int fd = socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  tune(fd, to.storage.ss_family, patience);
  if (connect(fd, to.get(), to.bytes) == 0 || errno == EINPROGRESS || errno == EINTR)
    return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t bytes = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 ? error : errno;
}

std::string peer_address(int fd) {
  sockaddr_storage a{};
  socklen_t bytes = sizeof a;
  return getpeername(fd, reinterpret_cast<sockaddr*>(&a), &bytes) == 0 ? text_of(a) : "";
}

} // namespace monopod::zmtp
