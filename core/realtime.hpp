// Before ordinary threads: what answers within a lease must not wait for a processor.
#pragma once

namespace monopod {

/// Runs the calling thread before all ordinary ones: SCHED_RR at the lowest priority (sched(7)).
/// Threads that it starts are ordinary again. False where that is not allowed: it takes
/// CAP_SYS_NICE or RLIMIT_RTPRIO, and in cgroups with CONFIG_RT_GROUP_SCHED some cpu.rt_runtime_us.
bool take_realtime();

/// Whether the calling thread is such a one.
bool is_realtime();

/// The priority, for threads that others make.
constexpr int realtime_priority = 1;

} // namespace monopod
