#include "core/priority.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace monopod {

bool take_realtime() {
  const sched_param wanted{.sched_priority = 1};
  return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &wanted) == 0;
}

void give_way(int niceness) {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness); // of this thread (sched(7))
}

bool is_realtime() { return (sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_RR; }

} // namespace monopod
