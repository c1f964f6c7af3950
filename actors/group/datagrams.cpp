#include "actors/group/datagrams.hpp"

#include "core/aligned.hpp"
#include "core/clock.hpp"
#include "core/host_port.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "replication/peer_codec.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t trust_ns =
    1000 * ns_per_ms; // a way that was silent so long is proved again
constexpr std::uint64_t probe_period_ns = 100 * ns_per_ms;
constexpr int told_after = 50; // probes
constexpr const char* datagrams_place = "datagrams";

struct [[gnu::packed]] header {
  std::uint64_t to;
  std::uint64_t from;
  std::uint8_t flags;
};
// The flags of a datagram.
constexpr std::uint8_t hears = 1;  // the sender has heard the receiver lately
constexpr std::uint8_t greets = 2; // what follows is a greeting, which asks for an answer

constexpr std::size_t datagram_bytes = sizeof(header) + limits::datagram_bytes;
constexpr std::size_t batch = 8; // datagrams in one system call

// "tcp://10.0.0.1:5572"
std::optional<sockaddr_in> address_of(std::string_view endpoint) {
  const auto parts = split_tcp_endpoint(endpoint);
  const auto port = parts ? parts->number() : std::nullopt;
  sockaddr_in at{};
  at.sin_family = AF_INET;
  if (!port || inet_pton(AF_INET, std::string(parts->host).c_str(), &at.sin_addr) != 1)
    return std::nullopt;
  at.sin_port = htons(*port);
  return at;
}

bool lately(std::uint64_t at_ns, std::uint64_t now_ns) {
  return at_ns != 0 && now_ns - at_ns < trust_ns;
}

} // namespace

datagrams::datagrams(loop& host, const std::string& self, std::uint32_t group,
                     const std::vector<std::string>& peers, const std::string& tcp_endpoint,
                     std::uint64_t patience_ns, std::function<void()> on_ready)
    : host_(host), self_(self), group_(group), patience_ns_(patience_ns), token_(random_u64()) {
  for (const auto& peer : peers)
    ways_.push_back({.peer = peer});
  const auto port = bind_to(tcp_endpoint);
  greeting_ = encode_greeting({.from = self_,
                               .token = token_,
                               .port = port,
                               .group = group_,
                               .version = peer_version,
                               .oldest = peer_version_oldest});
  if (fd_ >= 0)
    source_ = host.watch_fd(fd_, POLLIN, [f = std::move(on_ready)](short) { f(); });
}

// The port; 0: there is no UDP.
std::uint16_t datagrams::bind_to(const std::string& tcp_endpoint) {
  const auto at = address_of(tcp_endpoint);
  if (!at)
    return 0;
  fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || bind(fd_, reinterpret_cast<const sockaddr*>(&*at), sizeof *at) != 0) {
    log_warn(datagrams_place, "no UDP here, so messages between nodes take longer",
             {{"address", tcp_endpoint}, {"error", std::system_category().message(errno)}});
    if (fd_ >= 0)
      close(fd_);
    fd_ = -1;
    return 0;
  }
  const int buffer_bytes = limits::datagram_buffer_bytes; // the kernel may give less
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.sin_port);
}

datagrams::~datagrams() {
  source_.reset();
  if (fd_ >= 0)
    close(fd_);
}

datagrams::way* datagrams::to(std::string_view peer) {
  const auto known = std::ranges::find(ways_, peer, &way::peer);
  return known != ways_.end() ? &*known : nullptr;
}

void datagrams::put(const way& w, std::span<const std::uint8_t> message, std::uint8_t flags) {
  if (lately(w.heard_ns, host_.turn_ns()))
    flags |= hears;
  const header h{htole64(w.token), htole64(token_), flags};
  auto& o = outgoing_.emplace_back(outgoing{.to = w.address, .bytes = {}});
  o.bytes.reserve(sizeof h + message.size());
  const auto* first = reinterpret_cast<const std::uint8_t*>(&h);
  o.bytes.assign(first, first + sizeof h);
  o.bytes.insert(o.bytes.end(), message.begin(), message.end());
  if (outgoing_.size() == batch)
    lost_ += send_all();
}

std::size_t datagrams::flush() {
  lost_ += send_all();
  return std::exchange(lost_, 0);
}

// Returns how many were lost.
std::size_t datagrams::send_all() {
  std::array<iovec, batch> parts{};
  std::array<mmsghdr, batch> messages{};
  for (std::size_t i = 0; i < outgoing_.size(); ++i) {
    auto& o = outgoing_[i];
    parts[i] = {o.bytes.data(), o.bytes.size()};
    auto& m = messages[i].msg_hdr;
    m.msg_name = &o.to;
    m.msg_namelen = sizeof o.to;
    m.msg_iov = &parts[i];
    m.msg_iovlen = 1;
  }
  std::size_t lost = 0;
  for (std::size_t at = 0; at < outgoing_.size();) {
    const auto left = static_cast<unsigned>(outgoing_.size() - at);
    const int sent = sendmmsg(fd_, &messages[at], left, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    lost += sent > 0 ? 0 : 1; // the next one may not be refused
    at += sent > 0 ? static_cast<std::size_t>(sent) : 1;
  }
  outgoing_.clear();
  return lost;
}

void datagrams::probe(way& w) {
  w.probed_ns = host_.turn_ns();
  put(w, greeting_, greets); // a lost one is repeated with the next message
  lost_ += send_all();
}

bool datagrams::send(const std::string& peer, std::span<const std::uint8_t> message) {
  auto* w = to(peer);
  if (fd_ < 0 || w == nullptr || w->token == 0 || message.size() > limits::datagram_bytes)
    return false;
  const auto now_ns = host_.turn_ns();
  const bool silent = w->asked_ns != 0 && now_ns - w->asked_ns >= patience_ns_;
  if (lately(w->works_ns, now_ns) && !silent) {
    if (w->asked_ns == 0)
      w->asked_ns = now_ns;
    put(*w, message);
    return true;
  }
  if (now_ns - w->probed_ns >= probe_period_ns) {
    probe(*w);
    if (++w->unanswered == told_after)
      log_warn(datagrams_place, "UDP does not get through, so messages take longer",
               {{"peer", peer}});
  }
  return false;
}

void datagrams::set_reading(bool on) {
  if (source_ != nullptr)
    source_->set_events(on ? POLLIN : 0);
}

bool datagrams::receive_some(const handler& take_message) {
  std::array<std::array<std::byte, datagram_bytes>, batch> buffers;
  std::array<sockaddr_in, batch> from{};
  std::array<iovec, batch> parts{};
  std::array<mmsghdr, batch> messages{};
  for (std::size_t i = 0; i < batch; ++i) {
    parts[i] = {buffers[i].data(), buffers[i].size()};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &from[i];
  }
  for (int taken = 0; fd_ >= 0 && taken < limits::messages_per_turn;) { // junk counts, too
    for (auto& m : messages)
      m.msg_hdr.msg_namelen = sizeof(sockaddr_in);
    const int got = recvmmsg(fd_, messages.data(), batch, MSG_DONTWAIT, nullptr);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) // EAGAIN; other errors concern one datagram, which is lost
      return errno != EAGAIN;
    const auto count = static_cast<std::size_t>(got);
    for (std::size_t i = 0; i < count; ++i)
      if ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) == 0)
        take(std::span(buffers[i]).first(messages[i].msg_len), from[i].sin_addr, take_message);
    if (count < batch)
      return false;
    taken += got;
  }
  return fd_ >= 0;
}

// A sender that does not know our token, or is an earlier life of a peer, is not answered.
void datagrams::take(std::span<const std::byte> datagram, const in_addr& address,
                     const handler& give) {
  header h;
  if (datagram.size() < sizeof h)
    return;
  std::memcpy(&h, datagram.data(), sizeof h);
  const auto body = datagram.subspan(sizeof h);
  const bool greeting = (h.flags & greets) != 0;
  const auto token = le64toh(h.from);
  if (le64toh(h.to) != token_ || token == 0)
    return;
  if (greeting) {
    std::vector<std::uint64_t> aligned;
    if (const auto by = decode_greeting(copy_aligned(body, aligned)); by && by->token == token)
      learn(*by, address);
  }
  const auto from = std::ranges::find(ways_, token, &way::token);
  if (from == ways_.end())
    return;
  from->heard_ns = host_.turn_ns();
  if ((h.flags & hears) != 0) {
    from->works_ns = from->heard_ns;
    from->asked_ns = 0;
    from->unanswered = 0;
  }
  if (!greeting)
    give(from->peer, body);
  else if ((h.flags & hears) == 0)
    probe(*from); // the probe says that it was heard, and is not answered
}

std::optional<std::vector<std::uint8_t>> datagrams::greeting_due(const std::string& peer) {
  auto* w = to(peer);
  const auto now_ns = host_.turn_ns();
  if (fd_ < 0 || w == nullptr || lately(w->works_ns, now_ns) || lately(w->greeted_ns, now_ns))
    return std::nullopt;
  w->greeted_ns = now_ns;
  return greeting_;
}

// Learns where a peer takes datagrams. Another token belongs to another life of that node, and one
// token speaks for one peer. A way that leads elsewhere now is proved again. A node that is not
// understood greets over a connection as well, and is told of there.
datagrams::way* datagrams::learn(const peer_greeting& by, const in_addr& from) {
  auto* w = to(by.from);
  if (fd_ < 0 || w == nullptr || by.token == 0 || by.port == 0 || by.group != group_ ||
      !understands(by))
    return nullptr;
  if (const auto other = std::ranges::find(ways_, by.token, &way::token);
      other != ways_.end() && &*other != w) {
    ++misfits_;
    log_limited(log_level::warn, datagrams_place,
                "a greeting names another node than the one whose token it has, and is refused",
                {{"named", by.from}, {"token_of", other->peer}});
    return nullptr;
  }
  const auto port = htons(by.port);
  if (w->token != by.token || w->address.sin_port != port ||
      w->address.sin_addr.s_addr != from.s_addr)
    *w = way{.peer = w->peer, .token = by.token};
  w->address.sin_family = AF_INET;
  w->address.sin_port = port;
  w->address.sin_addr = from;
  return w;
}

void datagrams::greeted(const peer_greeting& by, const std::string& address) {
  in_addr from{};
  if (inet_pton(AF_INET, address.c_str(), &from) == 1)
    if (auto* w = learn(by, from))
      probe(*w);
}

} // namespace monopod
