#include "core/realtime.hpp"

#include <sched.h>

namespace monopod {

bool take_realtime() {
  const sched_param wanted{.sched_priority = 1};
  return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &wanted) == 0;
}

bool is_realtime() { return (sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_RR; }

} // namespace monopod
