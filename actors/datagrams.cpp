#include "actors/datagrams.hpp"

#include "core/aligned.hpp"
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"
#include "schemas/datagram_generated.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>

namespace monopod {

namespace {

constexpr std::uint64_t trust_ns =
    1000 * ns_per_ms; // a way that was silent so long is proved again
constexpr std::uint64_t probe_period_ns = 100 * ns_per_ms;
constexpr int told_after = 50; // probes
constexpr const char* place = "datagrams";

struct [[gnu::packed]] header {
  std::uint64_t to;
  std::uint64_t from;
  std::uint8_t flags;
};
// Of a datagram.
constexpr std::uint8_t hears = 1;  // the sender has heard the receiver lately
constexpr std::uint8_t greets = 2; // what follows is a greeting, which asks for an answer

constexpr std::size_t datagram_bytes = sizeof(header) + limits::datagram_bytes;

// "tcp://10.0.0.1:5572"
std::optional<sockaddr_in> address_of(std::string_view endpoint) {
  constexpr std::string_view tcp = "tcp://";
  const auto colon = endpoint.rfind(':');
  if (!endpoint.starts_with(tcp) || colon < tcp.size())
    return std::nullopt;
  const std::string host(endpoint.substr(tcp.size(), colon - tcp.size()));
  const auto digits = endpoint.substr(colon + 1);
  std::uint16_t port = 0;
  sockaddr_in at{};
  at.sin_family = AF_INET;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), port).ec != std::errc{} ||
      inet_pton(AF_INET, host.c_str(), &at.sin_addr) != 1)
    return std::nullopt;
  at.sin_port = htons(port);
  return at;
}

bool lately(std::uint64_t at_ns, std::uint64_t now_ns) {
  return at_ns != 0 && now_ns - at_ns < trust_ns;
}

} // namespace

datagrams::datagrams(loop& host, const std::string& self, const std::vector<std::string>& peers,
                     const std::string& tcp_endpoint, std::function<void()> on_ready)
    : host_(host), self_(self), token_(random_u64()) {
  for (const auto& peer : peers)
    ways_.push_back({.peer = peer});
  const auto at = address_of(tcp_endpoint);
  if (!at)
    return;
  fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || bind(fd_, reinterpret_cast<const sockaddr*>(&*at), sizeof *at) != 0) {
    log_warn(place, "no UDP here, so messages between nodes take longer",
             {{"address", tcp_endpoint}, {"error", std::system_category().message(errno)}});
    if (fd_ >= 0)
      close(fd_);
    fd_ = -1;
    return;
  }
  const int buffer_bytes = limits::datagram_buffer_bytes; // the kernel may give less
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size);
  flatbuffers::FlatBufferBuilder b(128);
  wire::FinishGreetingBuffer(
      b, wire::CreateGreetingDirect(b, self_.c_str(), token_, ntohs(bound.sin_port)));
  greeting_.assign(b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize());
  source_ = host.watch_fd(fd_, POLLIN, [f = std::move(on_ready)](short) { f(); });
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

bool datagrams::write(const way& w, std::span<const std::uint8_t> message,
                      std::uint8_t flags) const {
  if (lately(w.heard_ns, host_.turn_ns()))
    flags |= hears;
  header h{htole64(w.token), htole64(token_), flags};
  std::array<iovec, 2> parts{
      {{&h, sizeof h}, {const_cast<std::uint8_t*>(message.data()), message.size()}}};
  msghdr m{};
  m.msg_name = const_cast<sockaddr_in*>(&w.address);
  m.msg_namelen = sizeof w.address;
  m.msg_iov = parts.data();
  m.msg_iovlen = parts.size();
  return sendmsg(fd_, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void datagrams::probe(way& w) {
  w.probed_ns = host_.turn_ns();
  write(w, greeting_, greets); // a lost one is repeated with the next message
}

bool datagrams::send(const std::string& peer, std::span<const std::uint8_t> message) {
  auto* w = to(peer);
  if (fd_ < 0 || w == nullptr || w->token == 0 || message.size() > limits::datagram_bytes)
    return false;
  const auto now_ns = host_.turn_ns();
  if (lately(w->works_ns, now_ns))
    return write(*w, message);
  if (now_ns - w->probed_ns >= probe_period_ns) {
    probe(*w);
    if (++w->unanswered == told_after)
      log_warn(place, "UDP does not get through, so messages take longer", {{"peer", peer}});
  }
  return false;
}

void datagrams::set_reading(bool on) {
  if (source_ != nullptr)
    source_->set_events(on ? POLLIN : 0);
}

bool datagrams::receive_some(const handler& take_message) {
  std::array<std::byte, datagram_bytes> buffer;
  for (int i = 0; fd_ >= 0 && i < limits::messages_per_turn;) {
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const auto got = recvfrom(fd_, buffer.data(), buffer.size(), MSG_TRUNC,
                              reinterpret_cast<sockaddr*>(&from), &from_size);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) // EAGAIN; others are of one datagram, which is lost then
      return errno != EAGAIN;
    const auto size_bytes = static_cast<std::size_t>(got);
    if (size_bytes <= buffer.size())
      take(std::span(buffer).first(size_bytes), from.sin_addr, take_message);
    ++i;
  }
  return fd_ >= 0;
}

// Whoever does not know our token, or comes from an earlier life of a peer, is not answered.
void datagrams::take(std::span<const std::byte> datagram, const in_addr& address,
                     const handler& give) {
  header h;
  if (datagram.size() < sizeof h)
    return;
  std::memcpy(&h, datagram.data(), sizeof h);
  const auto body = datagram.subspan(sizeof h);
  const bool greeting = (h.flags & greets) != 0;
  if (le64toh(h.to) != token_ || h.from == 0)
    return;
  if (greeting) {
    std::vector<std::uint64_t> aligned;
    if (const auto* m =
            decode<wire::Greeting>(copy_aligned(body, aligned), wire::GreetingIdentifier()))
      learn(*m, address);
  }
  const auto from = std::ranges::find(ways_, le64toh(h.from), &way::token);
  if (from == ways_.end())
    return;
  from->heard_ns = host_.turn_ns();
  if ((h.flags & hears) != 0) {
    from->works_ns = from->heard_ns;
    from->unanswered = 0;
  }
  if (!greeting)
    give(body);
  else if ((h.flags & hears) == 0)
    probe(*from); // says that it was heard, and is not answered
}

std::optional<std::vector<std::uint8_t>> datagrams::greeting_due(const std::string& peer) {
  auto* w = to(peer);
  const auto now_ns = host_.turn_ns();
  if (fd_ < 0 || w == nullptr || lately(w->works_ns, now_ns) || lately(w->greeted_ns, now_ns))
    return std::nullopt;
  w->greeted_ns = now_ns;
  return greeting_;
}

// Where a peer takes datagrams. Another token is of another life of that node.
datagrams::way* datagrams::learn(const wire::Greeting& m, const in_addr& from) {
  auto* w = to(m.from()->string_view());
  if (fd_ < 0 || w == nullptr || m.token() == 0)
    return nullptr;
  if (w->token != m.token())
    *w = way{.peer = w->peer, .token = m.token()};
  w->address.sin_family = AF_INET;
  w->address.sin_port = htons(m.port());
  w->address.sin_addr = from;
  return w;
}

bool datagrams::take_greeting(std::span<const std::byte> envelope, const std::string& address) {
  const auto* m = decode<wire::Greeting>(envelope, wire::GreetingIdentifier());
  in_addr from{};
  if (m == nullptr)
    return false;
  if (inet_pton(AF_INET, address.c_str(), &from) == 1)
    if (auto* w = learn(*m, from))
      probe(*w);
  return true;
}

} // namespace monopod
