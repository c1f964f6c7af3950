// Priorities of threads: those that must answer within a lease must not wait for a processor, and
// those with work that can wait must not take it from them.
#pragma once

namespace monopod {

/// Lets the calling thread run before all ordinary ones: SCHED_RR at the lowest priority
/// (sched(7)). Threads that it starts are ordinary again. Returns false if that is not allowed: it
/// takes CAP_SYS_NICE or RLIMIT_RTPRIO, and in cgroups with CONFIG_RT_GROUP_SCHED some
/// cpu.rt_runtime_us.
bool take_realtime();

/// Returns true if the calling thread has that priority.
bool is_realtime();

/// Lets ordinary threads run before the calling one and those that it starts, where there are too
/// few processors for all (nice(2); higher for longer work). It goes on at a lower share.
void give_way(int niceness);

/// Niceness of the threads that answer HTTP, and of those that look at frames, which take whole
/// processors for tens of milliseconds.
inline constexpr int http_niceness = 5;
inline constexpr int vision_niceness = 10;

} // namespace monopod
