#include "tools/experiment/kubernetes/pod_usage.hpp"

#include <sstream>
#include <string_view>

namespace monopod::experiment {

namespace {

// Whether the line begins with the name; then what stands behind it.
bool says(const std::string& line, std::string_view name, double& value) {
  if (!line.starts_with(name))
    return false;
  return static_cast<bool>(std::istringstream(line.substr(name.size())) >> value);
}

} // namespace

std::optional<part_usage> pod_usage::read(const std::string& text, std::size_t pages,
                                          std::uint64_t now_ns) {
  constexpr double per_cent = 0.01;
  std::size_t found = 0;
  double cpu_s = 0;
  double share = 0;
  double bytes = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    double value = 0;
    if (says(line, "process_cpu_seconds_total ", value)) {
      cpu_s += value;
    } else if (says(line, R"(  "cpu": )", value)) {
      share += value * per_cent;
    } else if (says(line, "process_resident_memory_bytes ", value) ||
               says(line, R"(  "mem": )", value)) {
      bytes += value;
      ++found;
    }
  }
  if (found < pages)
    return std::nullopt;
  if (last_ns_ != 0)
    shares_cpu_s_ += share * static_cast<double>(now_ns - last_ns_) * 1e-9;
  last_ns_ = now_ns;
  return part_usage{"pods", cpu_s + shares_cpu_s_, bytes};
}

} // namespace monopod::experiment
