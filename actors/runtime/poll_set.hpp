// The descriptors that a loop waits for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace monopod {

/// epoll(7), level-triggered: a wake-up costs as much with fifty descriptors as with two. For one
/// thread.
class poll_set {
public:
  /// One descriptor, and the events that are ready on it; must live as long as it is in the set.
  struct listener {
    int fd = -1;       // -1: not in the set
    short revents = 0; // poll(2)'s, of the last wait; cleared by the code that acts on them
  };

  poll_set();
  ~poll_set();
  poll_set(const poll_set&) = delete;
  poll_set& operator=(const poll_set&) = delete;

  /// `events` are poll(2)'s. A descriptor that was closed without being removed may be added again
  /// under its number: its former listener is out of the set then.
  void add(listener& l, int fd, short events);
  void change(listener& l, short events);
  void remove(listener& l);

  /// Sleeps until a descriptor is ready, a signal arrives or `timeout_ns` is over. Returns how many
  /// are ready; each one's listener has its `revents`.
  int wait(std::uint64_t timeout_ns);

private:
  int epoll_fd_;
  std::vector<listener*> by_fd_; // bounded by the process's descriptors
};

} // namespace monopod
