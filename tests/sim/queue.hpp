// The simulator's time: the queue of what happens next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace monopod::sim {

/// Runs functions in the order of their times, and those of the same time in the order in which
/// they were added.
class event_queue {
public:
  std::uint64_t now_ns() const { return now_ns_; }

  void at(std::uint64_t when_ns, std::function<void()> what) {
    heap_.push_back({std::max(when_ns, now_ns_), ++count_, std::move(what)});
    std::ranges::push_heap(heap_, later);
  }
  void after(std::uint64_t delay_ns, std::function<void()> what) {
    at(now_ns_ + delay_ns, std::move(what));
  }

  /// Runs the next function if it is not after `until_ns`. Returns false if there is none.
  bool run_one(std::uint64_t until_ns) {
    if (heap_.empty() || heap_.front().when_ns > until_ns)
      return false;
    std::ranges::pop_heap(heap_, later);
    const auto next = std::move(heap_.back());
    heap_.pop_back();
    now_ns_ = next.when_ns;
    next.what();
    return true;
  }

private:
  struct event {
    std::uint64_t when_ns = 0;
    std::uint64_t number = 0;
    std::function<void()> what;
  };
  static bool later(const event& a, const event& b) {
    return std::pair(a.when_ns, a.number) > std::pair(b.when_ns, b.number);
  }

  std::uint64_t now_ns_ = 0;
  std::uint64_t count_ = 0;
  std::vector<event> heap_;
};

} // namespace monopod::sim
