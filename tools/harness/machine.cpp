#include "tools/harness/machine.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <fstream>
#include <sys/utsname.h>
#include <thread>

namespace monopod::harness {

std::string machine() {
  std::string model = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);)
    if (line.starts_with("model name") || line.starts_with("Model")) {
      model = line.substr(std::min(line.find(':') + 2, line.size()));
      break;
    }
  utsname kernel{};
  uname(&kernel);
  return fmt::format("{}, {} cores, {} {}", model, std::thread::hardware_concurrency(),
                     kernel.sysname, kernel.release);
}

} // namespace monopod::harness
