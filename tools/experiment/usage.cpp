#include "tools/experiment/usage.hpp"

#include <sstream>
#include <unistd.h>

namespace monopod::experiment {

namespace {

// CPU time from fields 14 and 15 of proc(5).
double cpu_seconds(pid_t pid) {
  const auto text = harness::read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto after_name = text.rfind(')');
  if (after_name == std::string::npos)
    return 0;
  std::istringstream fields(text.substr(after_name + 1));
  std::string skipped;
  constexpr int state_to_user_time = 11; // fields 3 to 13
  for (int n = 0; n < state_to_user_time; ++n)
    fields >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  return (user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

} // namespace

part_usage usage_of(const harness::named_process& p) {
  return {p.name, cpu_seconds(p.pid), static_cast<double>(harness::resident_bytes(p.pid))};
}

} // namespace monopod::experiment
