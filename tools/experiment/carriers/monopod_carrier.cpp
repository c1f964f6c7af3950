#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/carriers/pod_clients.hpp"
#include "tools/harness/servers.hpp"

#include <stdexcept>

namespace monopod::experiment {

namespace {

std::vector<std::string> flags_of(const harness::mqtt_broker* cloud) {
  std::vector<std::string> flags{"--stages",
                                 cloud != nullptr ? "gateway,broker,cloud" : "gateway,broker",
                                 "--log.level", "warn"};
  if (cloud != nullptr)
    flags.insert(flags.end(), {"--cloud.local.port", std::to_string(cloud->port())});
  return flags;
}

class pod_server final : public carrier_server {
public:
  pod_server(const std::string& bin, bool to_cloud)
      : cloud_(to_cloud ? std::make_unique<harness::mqtt_broker>() : nullptr),
        pod_(bin + "/monopod", flags_of(cloud_.get())) {
    if (!harness::eventually([this] { return pod_.ready(); }))
      throw std::runtime_error("the pod does not become ready: " + pod_.log());
  }
  std::string camera_address() const override { return pod_.address("cameras"); }
  std::string app_address() const override { return pod_.address("applications"); }
  std::vector<harness::named_process> parts() const override { return {{"pod", pod_.pid()}}; }

private:
  std::unique_ptr<harness::mqtt_broker> cloud_;
  harness::pod_process pod_;
};

carrier pod_carrier(const char* name, const char* meaning, bool to_cloud,
                    const subscription_use& use) {
  return {
      {name, meaning, pod_cameras,
       [use](const std::string& address, std::size_t, const std::function<void()>& subscribed,
             const std::function<bool(const void*, std::size_t)>& take) {
         receive_by_pod(address, use, subscribed, take);
       }},
      [to_cloud](const std::string& bin) { return std::make_unique<pod_server>(bin, to_cloud); }};
}

} // namespace

carrier monopod_carrier() {
  return pod_carrier("monopod",
                     "with its ledger and acknowledgements, to the application and no further",
                     false, {});
}

carrier monopod_to_cloud_carrier() {
  return pod_carrier("monopod-to-cloud", "its whole duty: each result goes on to a cloud", true,
                     {});
}

carrier monopod_every_carrier() {
  return pod_carrier("monopod-every", "policy every: what it can't take, cameras hold back", false,
                     {.policy = wire::Policy::Every, .credit = 2});
}

carrier monopod_latest_carrier() {
  return pod_carrier("monopod-latest", "policy latest: a newer frame takes the older one's place",
                     false, {.policy = wire::Policy::Latest, .credit = 1});
}

} // namespace monopod::experiment
