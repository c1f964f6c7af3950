// Real-time priority for threads that must answer within a lease and so must not wait for a
// processor.
#pragma once

namespace monopod {

/// Lets the calling thread run before all ordinary ones: SCHED_RR at the lowest priority
/// (sched(7)). Threads that it starts are ordinary again. Returns false if that is not allowed: it
/// takes CAP_SYS_NICE or RLIMIT_RTPRIO, and in cgroups with CONFIG_RT_GROUP_SCHED some
/// cpu.rt_runtime_us.
bool take_realtime();

/// Whether the calling thread runs with such a priority.
bool is_realtime();

} // namespace monopod
