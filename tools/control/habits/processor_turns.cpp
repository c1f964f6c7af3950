#include "tools/control/habits/processor_turns.hpp"

#include <algorithm>
#include <sched.h>

namespace monopod::control {

unsigned processor_turns::usable_processors() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (sched_getaffinity(0, sizeof usable, &usable) != 0)
    return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&usable)));
}

processor_turns::processor_turns(unsigned processors) : free_(std::max(1u, processors)) {}

void processor_turns::take() {
  std::unique_lock lock(mutex_);
  if (free_ > 0) { // then nobody waits: a turn that is given back goes to the first one at once
    --free_;
    return;
  }
  waiter self;
  waiting_.push_back(&self);
  self.called.wait(lock, [&self] { return self.has_turn; });
}

void processor_turns::give_back() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  auto& first = *waiting_.front();
  waiting_.pop_front();
  first.has_turn = true;
  first.called.notify_one(); // under the mutex, or the waiter might be gone
}

} // namespace monopod::control
