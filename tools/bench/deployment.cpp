#include "tools/bench/deployment.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace monopod {

const char* name_of(linkage l) {
  constexpr const char* names[] = {"inproc", "ipc", "tcp"};
  return names[static_cast<std::size_t>(l)];
}

deployment::deployment(const std::string& program, linkage how, std::uint16_t mqtt_port,
                       const std::vector<std::string>& more_flags) {
  std::vector<std::string> flags{"--log.level",
                                 "warn",
                                 "--site",
                                 name_of(how),
                                 "--cloud.local.port",
                                 std::to_string(mqtt_port)};
  flags.insert(flags.end(), more_flags.begin(), more_flags.end());
  if (how == linkage::inproc) {
    start(program, "all", flags);
  } else {
    for (const auto* link : {"frames", "apps", "results"}) {
      const auto endpoint = how == linkage::ipc
                                ? "ipc://" + (directory_.path() / link).string()
                                : "tcp://127.0.0.1:" + std::to_string(harness::free_port());
      flags.insert(flags.end(), {std::string("--link.") + link, endpoint});
    }
    for (const auto* stage : {"gateway", "broker", "vision", "cloud"})
      start(program, stage, flags);
  }
  for (const auto& pod : pods_)
    if (!harness::eventually([&pod] { return pod->ready(); }))
      throw std::runtime_error("a pod does not become ready: " + pod->log());
  if (!harness::eventually([this] { return metric("monopod_cloud_connected") > 0; }))
    throw std::runtime_error("the pod does not reach its cloud: " + pods_.back()->log());
}

void deployment::start(const std::string& program, const std::string& stages,
                       std::vector<std::string> flags) {
  flags.insert(flags.end(), {"--stages", stages});
  pods_.push_back(std::make_unique<harness::pod_process>(program, std::move(flags)));
}

std::uint64_t deployment::cpu_ns() const {
  std::uint64_t sum = 0;
  for (const auto& pod : pods_)
    sum += harness::cpu_ns(pod->pid());
  return sum;
}

double deployment::rss_mb() const {
  double sum = 0;
  for (const auto& pod : pods_)
    sum += static_cast<double>(harness::resident_bytes(pod->pid())) / 1e6;
  return sum;
}

double deployment::metric(const std::string& name) const {
  double sum = 0;
  for (const auto& pod : pods_) {
    std::istringstream lines(pod->get("/metrics"));
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name + " ") || line.starts_with(name + "{"))
        sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

} // namespace monopod
