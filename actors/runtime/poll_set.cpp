#include "actors/runtime/poll_set.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <unistd.h>

namespace monopod {

namespace {

// More descriptors are rarely ready at once: the next wait tells of them.
constexpr std::size_t told_at_once = 64;

// Waits to the nanosecond if the kernel can (Linux 5.11) and may; else up to 1 ms too long, and
// never too short, since a loop that wakes before its timer would turn without rest.
int wait_for(int epoll_fd, std::span<epoll_event> to, std::uint64_t timeout_ns) {
  static thread_local bool precise = true;
  const auto most = static_cast<int>(to.size());
  if (precise) {
    const timespec ts{static_cast<time_t>(timeout_ns / ns_per_s),
                      static_cast<long>(timeout_ns % ns_per_s)};
    const int ready = epoll_pwait2(epoll_fd, to.data(), most, &ts, nullptr);
    if (ready >= 0 || (errno != ENOSYS && errno != EPERM))
      return ready;
    precise = false;
  }
  const auto timeout_ms = (timeout_ns + ns_per_ms - 1) / ns_per_ms;
  return epoll_wait(epoll_fd, to.data(), most,
                    static_cast<int>(std::min<std::uint64_t>(timeout_ms, INT_MAX)));
}

} // namespace

// The bits of epoll(7) are those of poll(2) on Linux.
static_assert(EPOLLIN == 1 && EPOLLOUT == 4 && EPOLLERR == 8 && EPOLLHUP == 16);

poll_set::poll_set() : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {
  MONOPOD_ENSURE(epoll_fd_ >= 0, "epoll_create1");
}

poll_set::~poll_set() { close(epoll_fd_); }

void poll_set::add(listener& l, int fd, short events) {
  const auto at = static_cast<std::size_t>(fd);
  if (by_fd_.size() <= at)
    by_fd_.resize(at + 1);
  if (auto* former = by_fd_[at]; former != nullptr)
    former->fd = -1;
  by_fd_[at] = &l;
  l.fd = fd;
  epoll_event e{.events = static_cast<std::uint32_t>(events), .data = {.ptr = &l}};
  MONOPOD_ENSURE(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &e) == 0, "epoll_ctl");
}

void poll_set::change(listener& l, short events) {
  if (l.fd < 0)
    return;
  epoll_event e{.events = static_cast<std::uint32_t>(events), .data = {.ptr = &l}};
  epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, l.fd, &e); // fails if its owner has closed it
}

void poll_set::remove(listener& l) {
  if (l.fd < 0)
    return;
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, l.fd, nullptr); // closing it has done so, too
  by_fd_[static_cast<std::size_t>(l.fd)] = nullptr;
  l.fd = -1;
}

int poll_set::wait(std::uint64_t timeout_ns) {
  std::array<epoll_event, told_at_once> events;
  const int ready = wait_for(epoll_fd_, events, timeout_ns);
  for (const auto& e : std::span(events).first(static_cast<std::size_t>(std::max(ready, 0))))
    static_cast<listener*>(e.data.ptr)->revents = static_cast<short>(e.events);
  return ready;
}

} // namespace monopod
