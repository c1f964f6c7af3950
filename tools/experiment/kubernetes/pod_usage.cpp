#include "tools/experiment/kubernetes/pod_usage.hpp"

#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

namespace monopod::experiment {

namespace {

// Whether the line begins with the name; if so, `value` becomes the number after it.
bool says(const std::string& line, std::string_view name, double& value) {
  if (!line.starts_with(name))
    return false;
  return static_cast<bool>(std::istringstream(line.substr(name.size())) >> value);
}

struct page_usage {
  double cpu_s = 0;
  double cpu_share = 0; // of one core, at present
  std::optional<double> bytes = std::nullopt;
};

page_usage of_nats(const nlohmann::json& varz) {
  constexpr double per_cent = 0.01;
  page_usage used{.cpu_share = varz.value("cpu", 0.0) * per_cent};
  if (varz.contains("mem"))
    used.bytes = varz.at("mem");
  return used;
}

page_usage of_prometheus(const std::string& page) {
  page_usage used;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    double value = 0;
    if (says(line, "process_cpu_seconds_total ", value))
      used.cpu_s += value;
    else if (says(line, "process_resident_memory_bytes ", value))
      used.bytes = value;
  }
  return used;
}

} // namespace

std::optional<part_usage> pod_usage::read(const std::string& text, std::size_t pages,
                                          std::uint64_t now_ns) {
  std::size_t found = 0;
  page_usage sum{.bytes = 0};
  std::istringstream all(text);
  for (std::string page; std::getline(all, page, page_end);) {
    const auto varz = nlohmann::json::parse(page, nullptr, false);
    const auto used = varz.is_object() ? of_nats(varz) : of_prometheus(page);
    sum.cpu_s += used.cpu_s;
    sum.cpu_share += used.cpu_share;
    *sum.bytes += used.bytes.value_or(0);
    found += used.bytes ? 1 : 0;
  }
  if (found < pages)
    return std::nullopt;
  if (last_ns_ != 0)
    shares_cpu_s_ += sum.cpu_share * static_cast<double>(now_ns - last_ns_) * 1e-9;
  last_ns_ = now_ns;
  return part_usage{"pods", sum.cpu_s + shares_cpu_s_, *sum.bytes};
}

} // namespace monopod::experiment
