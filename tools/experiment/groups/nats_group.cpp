#include "tools/experiment/carriers/nats_clients.hpp"
#include "tools/experiment/comma_list.hpp"
#include "tools/experiment/groups/group.hpp"
#include "tools/harness/nats_server.hpp"

#include <spdlog/fmt/fmt.h>

#include <csignal>
#include <map>

namespace monopod::experiment {

namespace {

constexpr std::uint16_t route_port = 6222;

// A full mesh: each server passes frames on to servers that have subscribers.
class nats_cluster final : public server_group {
public:
  explicit nats_cluster(const harness::network& net) {
    const auto route = [&net](const std::string& node) {
      return fmt::format("nats://{}:{}", net.address(node), route_port);
    };
    const auto routes = comma_list(group_nodes, route);
    for (const auto& node : group_nodes)
      servers_[node] = harness::on_host(&net, node, [&] {
        return std::make_unique<harness::nats_server>(
            net.address(node), std::vector<std::string>{"--cluster_name", "cams", "--cluster",
                                                        route(node), "--routes", routes});
      });
  }

  std::string camera_address() const override { return urls({"a", "b", "c"}); }
  // The application uses another server than the camera, so that only one of them must look for a
  // new one.
  std::string app_address() const override { return urls({"b", "c", "a"}); }
  std::string in_use() override { return "a"; }
  void kill(const std::string& node) override { servers_.at(node)->child().signal(SIGKILL); }

private:
  std::string urls(const std::vector<std::string>& in_order) const {
    return comma_list(in_order, [this](const auto& node) { return servers_.at(node)->url(); });
  }

  std::map<std::string, std::unique_ptr<harness::nats_server>> servers_;
};

} // namespace

group nats_group() {
  return {{"nats-cluster", "three servers, pings each second, two unanswered", nats_cameras,
           receive_by_nats},
          [](const std::string&, const harness::network& net) {
            return std::make_unique<nats_cluster>(net);
          }};
}

} // namespace monopod::experiment
