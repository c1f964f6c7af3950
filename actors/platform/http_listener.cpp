#include "actors/platform/http_listener.hpp"

#include "core/clock.hpp"
#include "core/host_port.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <netdb.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t look_period_ns = ns_per_s / 4; // at the time that connections take

enum class state { reading, working, writing, leaving };

std::uint64_t patience_ns(state s) {
  switch (s) {
  case state::reading:
    return limits::http_request_ms * ns_per_ms;
  case state::working:
    return UINT64_MAX; // our own time
  case state::writing:
    return limits::http_reply_ms * ns_per_ms;
  case state::leaving:
    break;
  }
  return limits::http_leaving_ms * ns_per_ms;
}

// A listening socket; -1, with errno, if there is none.
int listen_at(const addrinfo& where) {
  const int fd = socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.ai_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, where.ai_addr, where.ai_addrlen) == 0 && ::listen(fd, SOMAXCONN) == 0)
    return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int open_listener(const std::string& listen) {
  const auto parts = split_host_port(listen);
  std::string host(parts ? parts->host : "");
  const std::string port(parts && parts->port != "*" ? parts->port : "0");
  std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int fd = -1;
  const int code = getaddrinfo(host == "*" ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  std::string why = code == 0 ? "" : gai_strerror(code);
  for (const auto* a = found; a != nullptr && fd < 0; a = a->ai_next)
    if ((fd = listen_at(*a)) < 0)
      why = std::generic_category().message(errno);
  if (found != nullptr)
    freeaddrinfo(found);
  if (fd < 0)
    throw std::runtime_error("can't listen for HTTP at " + listen + ": " + why +
                             "; set http.listen to a free address");
  return fd;
}

std::string host_of(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  const auto* a = reinterpret_cast<const sockaddr*>(&address);
  if (getnameinfo(a, size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return {};
  return host.data();
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address);
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
  return ntohs(address.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

} // namespace

struct http_listener::connection {
  int fd = -1;
  std::string peer;
  state now = state::reading;
  std::uint64_t since_ns = 0;
  std::string bytes; // of the request's head, then of the answer
  std::size_t written = 0;
  bool head_only = false;
  std::unique_ptr<loop::source> watched;

  void turn(state next, short events) {
    now = next;
    since_ns = boottime_ns();
    watched->set_events(events);
  }
  std::size_t unsent() const { return now == state::writing ? bytes.size() - written : 0; }
};

http_listener::http_listener(loop& host, const std::string& listen, metrics& counted,
                             request_handler on_request)
    : loop_(host), metrics_(counted), on_request_(std::move(on_request)),
      fd_(open_listener(listen)), port_(port_of(fd_)),
      accepting_(host.watch_fd(fd_, POLLIN, [this](short) { accept_some(); })) {}

http_listener::~http_listener() {
  for (auto& [id, c] : connections_) {
    c.watched.reset();
    close(c.fd);
  }
  accepting_.reset();
  close(fd_);
}

void http_listener::accept_some() {
  for (int i = 0; i < limits::http_accepts_per_turn; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd =
        accept4(fd_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
      return;
    if (const int error = errno; fd < 0) { // no descriptor, or no memory
      if (!make_room())
        return pause(error);
      continue;
    }
    if (connections_.size() >= limits::http_connections && !make_room()) {
      metrics_.http_dropped("full").Increment();
      close(fd);
      continue;
    }
    add(fd, host_of(address, size));
  }
}

// The connections that wait would wake the loop again and again.
void http_listener::pause(int error) {
  log_limited(log_level::warn, "http", "can't accept connections for now",
              {{"error", std::generic_category().message(error)}});
  accepting_->set_events(0);
  loop_.after(look_period_ns, [this] { accepting_->set_events(POLLIN); });
}

void http_listener::add(int fd, std::string peer) {
  const auto id = ++last_id_;
  auto& c = connections_[id];
  c.fd = fd;
  c.peer = std::move(peer);
  c.since_ns = boottime_ns();
  c.watched = loop_.watch_fd(fd, POLLIN, [this, id](short revents) { serve(id, revents); });
  watch_time();
  serve(id, POLLIN); // most requests are there already
}

void http_listener::serve(std::uint64_t id, short revents) {
  const auto at = connections_.find(id);
  if (at == connections_.end())
    return;
  try {
    switch (at->second.now) {
    case state::reading:
      return read_head(id, at->second);
    case state::working:
      if ((revents & (POLLHUP | POLLERR)) != 0)
        drop(at, "left");
      return;
    case state::writing:
      return write_some(id, at->second);
    case state::leaving:
      return read_rest(id, at->second);
    }
  } catch (const std::exception& e) { // memory
    log_limited(log_level::error, "http", "a connection failed", {{"error", e.what()}});
    if (const auto still = connections_.find(id); still != connections_.end())
      drop(still, "failed");
  }
}

void http_listener::read_head(std::uint64_t id, connection& c) {
  std::array<char, 2048> part{};
  const auto got = recv(c.fd, part.data(), part.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got <= 0)
    return drop(connections_.find(id), "left");
  c.bytes.append(part.data(), static_cast<std::size_t>(got));
  const auto size = head_size(c.bytes);
  if (!size && c.bytes.size() < limits::http_head_bytes)
    return; // more arrives
  c.turn(state::working, 0);
  auto request = size ? parse_head(std::string_view(c.bytes).substr(0, *size)) : std::nullopt;
  c.bytes.clear();
  if (!size)
    return answer(id, {431, "text/plain", "the headers are too long\n"});
  if (!request)
    return answer(id, {400, "text/plain", "this is not an HTTP request\n"});
  c.head_only = request->method == "HEAD";
  request->peer = c.peer;
  on_request_(id, std::move(*request));
}

void http_listener::answer(std::uint64_t id, const http_reply& reply,
                           const std::function<void()>& sent) {
  if (const auto at = connections_.find(id);
      at != connections_.end() && at->second.now == state::working) {
    auto& c = at->second;
    c.bytes = to_bytes(reply, c.head_only);
    c.turn(state::writing, POLLOUT);
    unsent_bytes_ += c.bytes.size();
    write_some(id, c);
    const auto slow = [](const auto& entry) { return entry.second.now == state::writing; };
    while (unsent_bytes_ > limits::http_unsent_bytes)
      drop(std::ranges::find_if(connections_, slow), "unread");
  }
  if (sent)
    sent();
}

void http_listener::write_some(std::uint64_t id, connection& c) {
  const auto n = send(c.fd, c.bytes.data() + c.written, c.unsent(), MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN && errno != EINTR)
    return drop(connections_.find(id), "left");
  if (n > 0) {
    c.written += static_cast<std::size_t>(n);
    unsent_bytes_ -= static_cast<std::size_t>(n);
  }
  if (c.unsent() > 0)
    return;
  // Closing at once could destroy the answer if bytes of the request arrive late.
  shutdown(c.fd, SHUT_WR);
  c.bytes = {};
  c.turn(state::leaving, POLLIN);
}

void http_listener::read_rest(std::uint64_t id, connection& c) {
  std::array<char, 2048> part{};
  const auto got = recv(c.fd, part.data(), part.size(), 0);
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
    return;
  drop(connections_.find(id), nullptr);
}

// Connections whose answer has left go first, then those without a whole request, then those that
// read slowly. False if all wait for us.
bool http_listener::make_room() {
  for (const auto s : {state::leaving, state::reading, state::writing}) {
    const auto at =
        std::ranges::find_if(connections_, [s](const auto& e) { return e.second.now == s; });
    if (at == connections_.end())
      continue;
    drop(at, s == state::leaving ? nullptr : "full");
    return true;
  }
  return false;
}

void http_listener::drop(connections::iterator at, const char* reason) {
  if (reason != nullptr)
    metrics_.http_dropped(reason).Increment();
  auto& c = at->second;
  unsent_bytes_ -= c.unsent();
  c.watched.reset();
  close(c.fd);
  connections_.erase(at);
}

void http_listener::close_late() {
  const auto now_ns = boottime_ns();
  for (auto at = connections_.begin(); at != connections_.end();) {
    const auto next = std::next(at);
    const auto& c = at->second;
    if (now_ns - c.since_ns > patience_ns(c.now))
      drop(at, c.now == state::leaving ? nullptr : "late");
    at = next;
  }
}

void http_listener::watch_time() {
  if (std::exchange(watching_time_, true))
    return;
  loop_.after(look_period_ns, [this] {
    watching_time_ = false;
    close_late();
    if (!connections_.empty())
      watch_time();
  });
}

} // namespace monopod
