#include "tools/experiment/carriers/pod_clients.hpp"
#include "tools/experiment/comma_list.hpp"
#include "tools/experiment/groups/group.hpp"
#include "tools/experiment/system.hpp"
#include "tools/harness/programs.hpp"
#include "tools/harness/servers.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace monopod::experiment {

namespace {

constexpr std::uint16_t camera_port = 5570;
constexpr std::uint16_t app_port = 5571;
constexpr std::uint16_t peer_port = 5580;

class pod_group final : public server_group {
public:
  pod_group(const std::string& bin, const harness::network& net);

  std::string camera_address() const override { return endpoints(camera_port); }
  std::string app_address() const override { return endpoints(app_port); }
  std::string in_use() override;
  void kill(const std::string& node) override { pods_.at(node)->child().signal(SIGKILL); }

private:
  std::string endpoint(const std::string& node, std::uint16_t port) const {
    return fmt::format("tcp://{}:{}", net_.address(node), port);
  }
  std::string endpoints(std::uint16_t port) const {
    return comma_list(group_nodes, [&](const auto& node) { return endpoint(node, port); });
  }
  bool whole();

  const harness::network& net_;
  harness::temporary_directory state_;
  harness::mqtt_broker cloud_;
  std::map<std::string, std::unique_ptr<harness::pod_process>> pods_;
};

pod_group::pod_group(const std::string& bin, const harness::network& net)
    : net_(net), cloud_(harness::on_host(&net, cloud_host, [&net] {
        return harness::mqtt_broker(0, fmt::format("listener {} {}\nallow_anonymous true\n",
                                                   cloud_port, net.address(cloud_host)));
      })) {
  std::vector<std::string> all{"--log.level",        "warn",
                               "--group.profile",    "lan",
                               "--cloud.local.host", net.address(cloud_host),
                               "--cloud.local.port", std::to_string(cloud_port)};
  for (const auto& node : group_nodes)
    all.insert(all.end(), {"--member." + node + ".address", endpoint(node, peer_port)});
  for (const auto& node : group_nodes) {
    auto flags = all;
    flags.insert(flags.end(), {"--node", node, "--group.directory", (state_.path() / node).string(),
                               "--gateway.listen", endpoint(node, camera_port), "--broker.listen",
                               endpoint(node, app_port)});
    pods_[node] = harness::on_host(&net, node, [&] {
      return std::make_unique<harness::pod_process>(bin + "/monopod", flags);
    });
  }
  if (!harness::eventually([this] { return whole(); }))
    throw std::runtime_error("the group does not come up: " + pods_.begin()->second->log());
}

// Whether one node serves and has all others in sync.
bool pod_group::whole() {
  const auto serving = in_use();
  if (serving.empty())
    return false;
  const auto status = harness::on_host(&net_, serving, [&] {
    return harness::parse_json(pods_.at(serving)->get("/api/v1/status"));
  });
  const auto& members = status.at("group").at("members");
  const auto in_sync =
      std::ranges::count_if(members, [](const auto& m) { return m.at("role") != "joining"; });
  return static_cast<std::size_t>(in_sync) == group_nodes.size();
}

std::string pod_group::in_use() {
  for (const auto& [node, pod] : pods_)
    if (harness::on_host(&net_, node,
                         [&p = *pod] { return p.metric("monopod_group_serving").value_or(0) > 0; }))
      return node;
  return {};
}

} // namespace

group monopod_group() {
  return {{"monopod-group", "a group of three", pod_cameras,
           [](const std::string& servers, std::size_t, const std::function<void()>& subscribed,
              const std::function<bool(const void*, std::size_t)>& take) {
             receive_by_pod(servers, {}, subscribed, take);
           }},
          [](const std::string& bin, const harness::network& net) {
            return std::make_unique<pod_group>(bin, net);
          }};
}

} // namespace monopod::experiment
