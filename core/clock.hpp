// The two clocks of the system. Pure parts never read them, but get the time as a parameter.
#pragma once

#include <cstdint>
#include <ctime>

namespace monopod {

/// Nanoseconds since the Unix epoch, for stamps that are compared across machines. It may step.
inline std::uint64_t realtime_ns() {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(ts.tv_nsec);
}

/// Nanoseconds since boot, time in suspension included, for timeouts and leases. It never steps
/// back.
inline std::uint64_t boottime_ns() {
  timespec ts{};
  clock_gettime(CLOCK_BOOTTIME, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(ts.tv_nsec);
}

inline constexpr std::uint64_t ns_per_ms = 1'000'000;
inline constexpr std::uint64_t ns_per_s = 1'000'000'000;

} // namespace monopod
