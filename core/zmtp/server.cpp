#include "core/zmtp/server.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

namespace monopod::zmtp {

namespace {

constexpr std::size_t events_max = 64; // in one look
constexpr int accepts_at_once = 16;    // before others have their turn
// The share of one connection before others have their turn, and that of one which has not proved
// to be good.
constexpr connection::portion portion{.messages = 16};
constexpr connection::portion small_portion{.messages = 1, .bytes = 4096};
constexpr int work_of_a_turn = 64; // reads, and connections that are accepted
constexpr std::uint64_t accept_pause_ns = 200 * ns_per_ms;
constexpr const char* place = "connections";

epoll_event event_of(std::uint64_t id, std::uint32_t what) {
  epoll_event e{};
  e.events = what;
  e.data.u64 = id;
  return e;
}

} // namespace

// In epoll, listeners have the numbers from 0 on, below those of connections.
server::server(const options& o)
    : options_(o), epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), last_id_(o.first_id) {
  MONOPOD_ENSURE(epoll_fd_ >= 0, "epoll");
  MONOPOD_ENSURE(o.endpoints.size() <= o.first_id, "numbers of listeners");
  try {
    for (const auto& endpoint : o.endpoints) {
      listeners_.push_back(listen_at(endpoint, o.backlog));
      auto e = event_of(listeners_.size() - 1, EPOLLIN);
      MONOPOD_ENSURE(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, listeners_.back().fd, &e) == 0, "epoll");
    }
  } catch (...) {
    std::ranges::for_each(listeners_, close_listener);
    ::close(epoll_fd_);
    throw;
  }
}

server::~server() {
  std::ranges::for_each(listeners_, close_listener);
  clients_.clear();
  ::close(epoll_fd_);
}

std::vector<std::string> server::endpoints() const {
  std::vector<std::string> all;
  for (const auto& l : listeners_)
    all.push_back(l.endpoint);
  return all;
}

// Asks the kernel.
bool server::look() {
  std::array<epoll_event, events_max> found;
  const int n = epoll_wait(epoll_fd_, found.data(), events_max, 0);
  events_.clear();
  next_event_ = 0;
  for (int i = 0; i < n; ++i)
    events_.push_back(
        {found[static_cast<std::size_t>(i)].data.u64, found[static_cast<std::size_t>(i)].events});
  return !events_.empty();
}

bool server::receive(received& to, std::uint64_t now_ns) {
  if (now_ns != std::exchange(turn_ns_, now_ns))
    work_ = 0;
  while (taken_.empty())
    if (work_ >= work_of_a_turn || !serve_one())
      return false;
  to = std::move(taken_.front());
  taken_.pop_front();
  return true;
}

// Connections with bytes here, and those that the kernel tells of, take turns, so that neither hold
// up the others. Returns false if there is none.
bool server::serve_one() {
  turn_of_left_ = !turn_of_left_ && !left_.empty();
  if (!turn_of_left_ && serve_event())
    return true;
  if (left_.empty())
    return false;
  const auto known = clients_.find(left_.front());
  left_.pop_front();
  if (known != clients_.end()) {
    known->second.left = false;
    read(known->second);
  }
  return true;
}

// Serves the next one that the kernel tells of; returns false if there is none.
bool server::serve_event() {
  while (next_event_ < events_.size() || look()) {
    const auto e = events_[next_event_++];
    if (e.id < listeners_.size()) {
      accept_some(listeners_[e.id]);
      return true;
    }
    const auto known = clients_.find(e.id);
    if (known == clients_.end())
      continue;
    auto& c = known->second;
    if ((e.what & EPOLLOUT) != 0 && !c.link->flush())
      close(c);
    else if ((e.what & ~EPOLLOUT) == 0)
      watch(c);
    else if (!c.left) {
      read(c);
      return true;
    } else if (next_event_ == events_.size()) {
      return false; // it has its turn, and the kernel would tell of it again
    }
  }
  return false;
}

void server::stop_accepting() {
  log_limited(log_level::warn, place, "no connection can be accepted: raise LimitNOFILE", {});
  accept_again_ns_ = turn_ns_ + accept_pause_ns;
  accepting_ = false;
  for (const auto& l : listeners_)
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, l.fd, nullptr);
}

void server::accept_some(const listener& at) {
  for (int n = 0; n < accepts_at_once; ++n) {
    ++work_;
    auto [fd, source] = accept_at(at, options_.patience);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        stop_accepting();
      return;
    }
    if (admit(source, fd))
      add(fd, std::move(source));
    else
      ::close(fd);
  }
}

// Whether there is room for one more connection, both in all and from that source.
bool server::admit(const std::string& source, int fd) {
  const auto known = by_source_.find(source);
  const auto most =
      source.empty() ? options_.connections_of_this_host : options_.connections_per_address;
  if (known != by_source_.end() && known->second >= most) {
    options_.refused("address");
    log_limited(log_level::warn, place,
                "connection closed at once: its address has too many; if cameras share an address "
                "(NAT), raise gateway.connections_per_address",
                {{"open", known->second}, {"peer", peer_address(fd)}});
    return false;
  }
  if (clients_.size() < options_.connections)
    return true;
  if (auto* silent = oldest_silent()) {
    refuse(*silent, "too_many",
           "connection closed: there are too many, and it is the oldest that has said nothing");
    return true;
  }
  options_.refused("too_many");
  log_limited(log_level::warn, place, "connection closed at once: there are too many",
              {{"open", clients_.size()}, {"peer", peer_address(fd)}});
  return false;
}

void server::add(int fd, std::string source) {
  const auto id = ++last_id_;
  auto& c = clients_[id];
  c.id = id;
  c.link = std::make_unique<connection>(fd, role::router, options_.limits);
  ++by_source_[source];
  c.source = std::move(source);
  c.since_ns = turn_ns_;
  c.place = by_phase_[opening].insert(by_phase_[opening].end(), &c);
  c.heard = options_.first_word_ns == 0;
  auto e = event_of(id, EPOLLIN);
  MONOPOD_ENSURE(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &e) == 0, "epoll");
  if (!c.link->flush())
    close(c);
}

void server::read(client& from) {
  ++work_;
  const bool known_good = from.heard && from.malformed == 0;
  const auto status = from.link->receive(batch_, known_good ? portion : small_portion);
  const bool progress = !batch_.empty();
  for (auto& m : batch_)
    taken_.push_back({from.id, std::move(m)});
  batch_.clear();
  if (status == connection::status::ended) {
    if (from.link->problem().empty())
      close(from);
    else
      refuse(from, "protocol", "connection closed: the other end breaks the protocol");
    return;
  }
  if (status == connection::status::more) {
    from.left = true;
    left_.push_back(from.id);
  }
  watch(from);
  account(from, progress);
}

// After a read: updates the memory that is held and the phase; `progress`: a message is complete.
void server::account(client& c, bool progress) {
  const auto now_held = c.link->held_bytes();
  held_bytes_ += now_held - std::exchange(c.held_bytes, now_held);
  if (c.link->ready() && !c.heard && c.now == opening)
    enter(c, wordless);
  else if (c.link->ready() && c.heard && now_held == 0 && c.now != resting)
    enter(c, resting);
  else if (c.link->ready() && c.heard && now_held > 0 && (c.now != unfinished || progress))
    enter(c, unfinished);
  while (held_bytes_ > options_.unfinished_bytes)
    give_up_oldest();
}

void server::enter(client& c, phase next) {
  by_phase_[next].splice(by_phase_[next].end(), by_phase_[c.now], c.place);
  c.now = next;
  c.since_ns = turn_ns_;
}

void server::give_up_oldest() {
  auto& silent = by_phase_[wordless];
  const auto first = std::ranges::find_if(silent, [](const auto* c) { return c->held_bytes > 0; });
  auto* oldest = first != silent.end() ? *first : nullptr;
  if (oldest == nullptr && !by_phase_[unfinished].empty())
    oldest = by_phase_[unfinished].front();
  if (oldest == nullptr)
    oldest = by_phase_[opening].front(); // they hold the rest
  refuse(*oldest, "memory",
         "connection closed: unfinished messages take too much memory, and it has the oldest");
}

server::client* server::oldest_silent() {
  client* oldest = nullptr;
  for (const auto p : {opening, wordless})
    if (!by_phase_[p].empty() &&
        (oldest == nullptr || by_phase_[p].front()->since_ns < oldest->since_ns))
      oldest = by_phase_[p].front();
  return oldest;
}

void server::heard(std::uint64_t from, const std::string& as) {
  const auto known = clients_.find(from);
  if (!as.empty() && known != clients_.end())
    known->second.name = as;
  else if (!as.empty() && closed_.first == from)
    closed_.second = as;
  if (known == clients_.end() || std::exchange(known->second.heard, true))
    return;
  enter(known->second, known->second.held_bytes > 0 ? unfinished : resting);
}

void server::blame(std::uint64_t from) {
  const auto known = clients_.find(from);
  if (known == clients_.end() || ++known->second.malformed < options_.malformed_messages)
    return;
  std::erase_if(taken_, [from](const auto& r) { return r.from == from; });
  refuse(known->second, "malformed", "connection closed: too many of its messages are malformed");
}

// Events are level-triggered, so the kernel is asked about writing only while something waits.
void server::watch(client& c) {
  const bool writing = c.link->wants_to_write();
  if (writing == std::exchange(c.writing, writing))
    return;
  auto e = event_of(c.id, writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
  MONOPOD_ENSURE(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, c.link->fd(), &e) == 0, "epoll");
}

void server::refuse(client& c, std::string_view reason, std::string_view text) {
  options_.refused(reason);
  const auto problem = c.link->problem();
  log_limited(log_level::warn, place, text,
              {{"peer", peer_address(c.link->fd())}, {"it", problem.empty() ? reason : problem}});
  close(c);
}

void server::close(client& c) {
  held_bytes_ -= c.held_bytes;
  by_phase_[c.now].erase(c.place);
  const auto from_there = by_source_.find(c.source);
  if (--from_there->second == 0)
    by_source_.erase(from_there);
  closed_ = {c.id, std::move(c.name)};
  clients_.erase(closed_.first);
}

send_status server::send(std::uint64_t to, std::span<const std::uint8_t> envelope,
                         const payload* body) {
  const auto known = clients_.find(to);
  if (known == clients_.end() || !known->second.link->ready())
    return send_status::failed;
  auto& c = known->second;
  const auto status = c.link->send(envelope, body, options_.waiting_messages);
  if (status == send_status::sent)
    watch(c);
  return status; // if it has failed, the kernel tells so as well, and it is closed then
}

std::string server::name(std::uint64_t of) const {
  const auto known = clients_.find(of);
  return known != clients_.end() ? known->second.name : closed_.first == of ? closed_.second : "";
}

std::string server::address(std::uint64_t of) const {
  const auto known = clients_.find(of);
  return known == clients_.end() ? "" : peer_address(known->second.link->fd());
}

std::uint64_t server::limit_ns(phase p) const {
  switch (p) {
  case opening:
    return options_.opening_ns;
  case wordless:
    return options_.first_word_ns;
  case unfinished:
    return options_.message_ns;
  case resting:
  case phases:
    break;
  }
  MONOPOD_ENSURE(false, "a phase with a time");
}

std::uint64_t server::due_ns() const {
  auto due_ns = accepting_ ? UINT64_MAX : accept_again_ns_;
  for (const auto p : {opening, wordless, unfinished})
    if (!by_phase_[p].empty())
      due_ns = std::min(due_ns, by_phase_[p].front()->since_ns + limit_ns(p));
  return due_ns;
}

void server::tick(std::uint64_t now_ns) {
  if (!accepting_ && now_ns >= accept_again_ns_) {
    accepting_ = true;
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      auto e = event_of(i, EPOLLIN);
      MONOPOD_ENSURE(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, listeners_[i].fd, &e) == 0, "epoll");
    }
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, resting> why{
      {{"unopened", "connection closed: it did not open in time"},
       {"silent", "connection closed: it opened and did not say who it is"},
       {"unfinished", "connection closed: a message of it did not end in time"}}};
  for (const auto p : {opening, wordless, unfinished})
    for (auto& all = by_phase_[p]; !all.empty();) {
      auto& c = *all.front();
      if (now_ns - std::min(now_ns, c.since_ns) < limit_ns(p))
        break;
      if (c.link->has_unread()) { // the user did not read it
        all.splice(all.end(), all, c.place);
        c.since_ns = now_ns;
      } else {
        refuse(c, why[p].first, why[p].second);
      }
    }
}

} // namespace monopod::zmtp
