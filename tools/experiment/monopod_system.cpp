#include "tools/experiment/monopod_system.hpp"

#include "tools/harness/process.hpp"
#include "tools/harness/servers.hpp"

#include <spdlog/fmt/fmt.h>

#include <stdexcept>
#include <utility>

namespace monopod::experiment {

namespace {

// The stages of each process, gateway first; the broker is with the ledger.
std::vector<std::string> processes_of(const split& at) {
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

// A process lives on the host of its first stage.
std::string host_of(const std::string& stages) { return stages.substr(0, stages.find(',')); }

class monopod_system final : public pipeline_system {
public:
  monopod_system(const surroundings& s, const split& at, const std::string& transport);

  std::vector<std::string> camera() const override {
    const auto reached = where_.net == nullptr
                             ? pods_.front().second->address("cameras")
                             : fmt::format("tcp://{}:{}", reached_at("gateway"), camera_port);
    return {where_.bin + "/monopod-camera", "--server", reached};
  }
  std::vector<part> parts() const override {
    std::vector<part> all;
    for (const auto& [name, pod] : pods_)
      all.push_back({name, pod->pid()});
    return all;
  }

private:
  static constexpr std::uint16_t camera_port = 5570;

  std::string reached_at(const std::string& host) const {
    return where_.services ? where_.net->service_address(host) : where_.net->address(host);
  }
  std::string endpoint(const std::string& link, bool binds) const;
  void start(const std::string& stages, const std::vector<std::string>& links);

  surroundings where_;
  std::string transport_;
  std::string broker_host_;                                  // which binds all links
  harness::temporary_directory directory_;                   // of ipc sockets
  std::vector<std::pair<std::string, std::uint16_t>> ports_; // of links, by tcp
  std::vector<std::pair<std::string, std::unique_ptr<harness::pod_process>>> pods_;
};

monopod_system::monopod_system(const surroundings& s, const split& at, const std::string& transport)
    : where_(s), transport_(transport), broker_host_(at.frames ? "broker" : "gateway") {
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
    on_host(where_.net, host_of(stages), [&p = *pod, &name = stages] {
      if (!harness::eventually([&p] { return p.ready(); }))
        throw std::runtime_error(name + " does not become ready: " + p.log());
    });
}

std::string monopod_system::endpoint(const std::string& link, bool binds) const {
  if (transport_ == "ipc")
    return "ipc://" + (directory_.path() / link).string();
  for (const auto& [name, port] : ports_)
    if (name == link)
      return fmt::format("tcp://{}:{}",
                         where_.net == nullptr ? "127.0.0.1"
                         : binds               ? where_.net->address(broker_host_)
                                               : reached_at(broker_host_),
                         port);
  throw std::runtime_error("no link " + link);
}

void monopod_system::start(const std::string& stages, const std::vector<std::string>& links) {
  const auto host = host_of(stages);
  std::vector<std::string> flags{"--stages",
                                 stages,
                                 "--log.level",
                                 "warn",
                                 "--site",
                                 "experiment",
                                 "--cloud.local.host",
                                 where_.mqtt_host,
                                 "--cloud.local.port",
                                 std::to_string(where_.mqtt_port)};
  if (where_.net != nullptr)
    flags.insert(flags.end(), {"--gateway.listen",
                               fmt::format("tcp://{}:{}", where_.net->address(host), camera_port)});
  for (const auto& link : links)
    flags.insert(flags.end(), {"--link." + link, endpoint(link, host == broker_host_)});
  pods_.emplace_back(stages, on_host(where_.net, host, [&] {
                       return std::make_unique<harness::pod_process>(where_.bin + "/monopod",
                                                                     std::move(flags));
                     }));
}

} // namespace

std::unique_ptr<pipeline_system> start_monopod(const surroundings& s, const split& at,
                                               const std::string& transport) {
  return std::make_unique<monopod_system>(s, at, transport);
}

} // namespace monopod::experiment
