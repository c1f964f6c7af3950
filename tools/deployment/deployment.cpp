#include "tools/deployment/deployment.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace monopod {

namespace {

constexpr std::uint16_t camera_port = 5570; // free, since the gateway has a host of its own

// The stages of each process; the gateway comes first, and the ledger stage is with the broker.
std::vector<std::string> processes_of(const pipeline_split& at) {
  std::vector<std::string> all{"gateway"};
  const auto add = [&all](bool apart, const std::string& stage) {
    if (apart)
      all.push_back(stage);
    else
      all.back() += "," + stage;
  };
  add(at.frames, "broker");
  if (!at.apps)
    add(false, "vision");
  add(at.results, "cloud");
  if (at.apps)
    all.emplace_back("vision");
  return all;
}

std::string host_of(const std::string& stages) { return stages.substr(0, stages.find(',')); }

} // namespace

deployment::deployment(deployment_options o)
    : options_(std::move(o)), broker_host_(options_.at.frames ? "broker" : "gateway") {
  const auto& at = options_.at;
  std::vector<std::string> links;
  for (const auto& [link, cut] : {std::pair{"frames", at.frames}, std::pair{"apps", at.apps},
                                  std::pair{"results", at.results}})
    if (cut) {
      links.emplace_back(link);
      ports_.emplace_back(link, harness::free_port());
    }
  for (const auto& stages : processes_of(at))
    start(stages, links);
  for (const auto& [stages, pod] : pods_)
    harness::on_host(options_.net, host_of(stages), [&p = *pod, &name = stages] {
      if (!harness::eventually([&p] { return p.ready(); }))
        throw std::runtime_error(name + " does not become ready: " + p.log());
    });
  if (!harness::eventually([this] { return metric("monopod_cloud_connected") > 0; }))
    throw std::runtime_error("the pod does not reach its cloud: " + pods_.back().second->log());
}

std::string deployment::camera_endpoint() const {
  return options_.net == nullptr ? pods_.front().second->address("cameras")
                                 : fmt::format("tcp://{}:{}", reached_at("gateway"), camera_port);
}

std::string deployment::reached_at(const std::string& host) const {
  return options_.services ? options_.net->service_address(host) : options_.net->address(host);
}

std::string deployment::endpoint(const std::string& link, bool binds) const {
  if (options_.transport.ends_with("ipc"))
    return fmt::format("{}://{}", options_.transport, (directory_.path() / link).string());
  const auto port =
      std::ranges::find(ports_, link, &std::pair<std::string, std::uint16_t>::first)->second;
  return fmt::format("{}://{}:{}", options_.transport,
                     options_.net == nullptr ? "127.0.0.1"
                     : binds                 ? options_.net->address(broker_host_)
                                             : reached_at(broker_host_),
                     port);
}

void deployment::start(const std::string& stages, const std::vector<std::string>& links) {
  const auto host = host_of(stages);
  std::vector<std::string> flags{"--stages",
                                 stages,
                                 "--log.level",
                                 "warn",
                                 "--site",
                                 options_.site,
                                 "--cloud.local.host",
                                 options_.mqtt_host,
                                 "--cloud.local.port",
                                 std::to_string(options_.mqtt_port)};
  if (options_.net != nullptr)
    flags.insert(
        flags.end(),
        {"--gateway.listen", fmt::format("tcp://{}:{}", options_.net->address(host), camera_port)});
  for (const auto& link : links)
    flags.insert(flags.end(), {"--link." + link, endpoint(link, host == broker_host_)});
  flags.insert(flags.end(), options_.flags.begin(), options_.flags.end());
  pods_.emplace_back(stages, harness::on_host(options_.net, host, [&] {
                       return std::make_unique<harness::pod_process>(options_.program,
                                                                     std::move(flags));
                     }));
}

std::vector<harness::named_process> deployment::parts() const {
  std::vector<harness::named_process> all;
  for (const auto& [stages, pod] : pods_)
    all.push_back({stages, pod->pid()});
  return all;
}

std::uint64_t deployment::cpu_ns() const {
  std::uint64_t sum = 0;
  for (const auto& p : parts())
    sum += harness::cpu_ns(p.pid);
  return sum;
}

double deployment::rss_mb() const {
  double sum = 0;
  for (const auto& p : parts())
    sum += static_cast<double>(harness::resident_bytes(p.pid)) / 1e6;
  return sum;
}

double deployment::metric(const std::string& name) const {
  double sum = 0;
  for (const auto& [stages, pod] : pods_) {
    std::istringstream lines(
        harness::on_host(options_.net, host_of(stages), [&p = *pod] { return p.get("/metrics"); }));
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name + " ") || line.starts_with(name + "{"))
        sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

} // namespace monopod
