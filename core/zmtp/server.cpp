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

constexpr std::size_t events_max = 64;         // in one look
constexpr std::size_t messages_of_a_turn = 16; // of one connection, before others have their turn
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

// Asks the kernel. Only called once every event of the last time was served, so that connections
// take turns.
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
  bool looked = false;
  while (taken_.empty()) {
    if (next_event_ < events_.size()) {
      serve(events_[next_event_++], now_ns);
    } else if (!left_.empty()) {
      const auto id = left_.front();
      left_.pop_front();
      if (const auto known = clients_.find(id); known != clients_.end())
        read(known);
    } else if (looked || !look()) {
      return false;
    } else {
      looked = true;
    }
  }
  to = std::move(taken_.front());
  taken_.pop_front();
  return true;
}

void server::serve(const event& e, std::uint64_t now_ns) {
  if (e.id < listeners_.size()) {
    accept_all(listeners_[e.id], now_ns);
    return;
  }
  const auto known = clients_.find(e.id);
  if (known == clients_.end())
    return;
  if ((e.what & EPOLLOUT) != 0 && !known->second.link->flush())
    close(known);
  else if ((e.what & ~EPOLLOUT) != 0)
    read(known);
  else
    watch(e.id, known->second);
}

void server::accept_all(const listener& at, std::uint64_t now_ns) {
  for (std::size_t n = 0; n < events_max; ++n) {
    const int fd = accept_at(at, options_.patience);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log_limited(log_level::warn, place, "no connection can be accepted: raise LimitNOFILE", {});
        accept_again_ns_ = now_ns + accept_pause_ns;
        accepting_ = false;
        for (const auto& l : listeners_)
          epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, l.fd, nullptr);
      }
      return;
    }
    if (clients_.size() >= options_.connections) {
      options_.refused("too_many");
      log_limited(log_level::warn, place, "connection closed at once: there are too many",
                  {{"open", clients_.size()}, {"peer", peer_address(fd)}});
      ::close(fd);
      continue;
    }
    const auto id = ++last_id_;
    auto& c = clients_[id];
    c.link = std::make_unique<connection>(fd, role::router, options_.limits);
    c.since_ns = now_ns;
    opening_.push_back(id);
    if (opening_.size() > 2 * options_.connections)
      std::erase_if(opening_, [this](auto one) { return !clients_.contains(one); });
    auto e = event_of(id, EPOLLIN);
    MONOPOD_ENSURE(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &e) == 0, "epoll");
    if (!c.link->flush())
      close(clients_.find(id));
  }
}

void server::read(client_map::iterator from) {
  const auto id = from->first;
  auto& c = from->second;
  const auto status = c.link->receive(batch_, messages_of_a_turn);
  for (auto& m : batch_)
    taken_.push_back({id, std::move(m)});
  batch_.clear();
  if (status == connection::status::ended) {
    if (!c.link->problem().empty()) {
      options_.refused("protocol");
      log_limited(log_level::warn, place, "connection closed: the other end breaks the protocol",
                  {{"peer", peer_address(c.link->fd())}, {"it", c.link->problem()}});
    }
    close(from);
    return;
  }
  c.opened = c.link->ready();
  if (status == connection::status::more)
    left_.push_back(id);
  watch(id, c);
}

// Events are level-triggered, so the kernel is asked about writing only while something waits.
void server::watch(std::uint64_t id, client& c) {
  const bool writing = c.link->wants_to_write();
  if (writing == std::exchange(c.writing, writing))
    return;
  auto e = event_of(id, writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
  MONOPOD_ENSURE(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, c.link->fd(), &e) == 0, "epoll");
}

void server::close(client_map::iterator which) { clients_.erase(which); }

send_status server::send(std::uint64_t to, std::span<const std::uint8_t> envelope,
                         const payload* body) {
  const auto known = clients_.find(to);
  if (known == clients_.end() || !known->second.opened)
    return send_status::failed;
  auto& c = known->second;
  const auto status = c.link->send(envelope, body, options_.waiting_messages);
  if (status == send_status::sent)
    watch(to, c);
  return status; // if it has failed, the kernel tells so as well, and it is closed then
}

std::string server::address(std::uint64_t of) const {
  const auto known = clients_.find(of);
  return known == clients_.end() ? "" : peer_address(known->second.link->fd());
}

std::uint64_t server::due_ns() const {
  const auto again = accepting_ ? UINT64_MAX : accept_again_ns_;
  if (opening_.empty())
    return again;
  const auto oldest = clients_.find(opening_.front());
  const auto since = oldest == clients_.end() ? 0 : oldest->second.since_ns;
  return std::min(again, since + options_.opening_ns);
}

void server::tick(std::uint64_t now_ns) {
  if (!accepting_ && now_ns >= accept_again_ns_) {
    accepting_ = true;
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      auto e = event_of(i, EPOLLIN);
      MONOPOD_ENSURE(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, listeners_[i].fd, &e) == 0, "epoll");
    }
  }
  while (!opening_.empty()) {
    const auto known = clients_.find(opening_.front());
    const bool opened = known == clients_.end() || known->second.opened;
    if (!opened && now_ns - known->second.since_ns < options_.opening_ns)
      return;
    opening_.pop_front();
    if (!opened) {
      options_.refused("unopened");
      close(known);
    }
  }
}

} // namespace monopod::zmtp
