#include "clients/app_client.hpp"
#include "tools/experiment/carriers/carrier.hpp"
#include "tools/harness/servers.hpp"
#include "tools/load/fleet.hpp"

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

// As live cameras do it: where the window is full, the oldest frame makes room.
class pod_sender final : public frame_sender {
public:
  pod_sender(const std::string& address, std::size_t cameras)
      : cameras_(address, "cam", cameras, {}, {.frames = 64, .full = full_policy::drop_oldest}) {}
  void send(std::size_t camera, const payload& body) override { cameras_.publish(camera, body); }
  void look_after(std::size_t camera) override { cameras_.poll(camera); }

private:
  fleet cameras_;
};

// How the application subscribes.
struct subscription_use {
  wire::Policy policy = wire::Policy::Every;
  std::uint32_t credit = 64; // an application that keeps up takes what is there at once
};

void receive_by_pod(const std::string& address, const subscription_use& use,
                    const std::function<void()>& subscribed,
                    const std::function<bool(const void*, std::size_t)>& take) {
  constexpr int silence_ms = 10'000;
  app_connection connection(
      {.server = address, .app = "receiver", .policy = use.policy, .credit = use.credit});
  while (connection.stats().attached == 0)
    connection.next(10);
  subscribed();
  while (const auto frame = connection.next(silence_ms)) {
    const bool more = take(frame->jpeg.bytes().data(), frame->jpeg.size_bytes());
    connection.answer(*frame, {});
    if (!more)
      break;
  }
  connection.flush(1000);
}

carrier pod_carrier(const char* name, const char* meaning, bool to_cloud,
                    const subscription_use& use) {
  return {
      name, meaning,
      [to_cloud](const std::string& bin) { return std::make_unique<pod_server>(bin, to_cloud); },
      [](const std::string& address, std::size_t cameras) {
        return std::make_unique<pod_sender>(address, cameras);
      },
      [use](const std::string& address, std::size_t, const std::function<void()>& subscribed,
            const std::function<bool(const void*, std::size_t)>& take) {
        receive_by_pod(address, use, subscribed, take);
      }};
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
