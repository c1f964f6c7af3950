#include "tools/experiment/carriers/nats_clients.hpp"

#include "tools/experiment/carriers/hand_over.hpp"
#include "tools/experiment/comma_list.hpp"

#include <nats/nats.h>

#include <stdexcept>

namespace monopod::experiment {

namespace {

void require_nats(natsStatus status, const char* what) {
  if (status != NATS_OK)
    throw std::runtime_error(std::string(what) + ": " + natsStatus_GetText(status));
}

// Sets the options of a connection to several servers. By default, libnats gives up on a silent
// server after four minutes; these values are monopod-control's.
void follow_cluster(natsOptions* options, const std::vector<std::string>& urls) {
  constexpr std::int64_t ping_ms = 1000;
  constexpr int pings_unanswered = 2;
  constexpr std::int64_t connect_timeout_ms = 1000;
  constexpr std::int64_t reconnect_wait_ms = 100;
  constexpr std::int64_t write_deadline_ms = 1000; // without it a write may block, and pings wait
  std::vector<const char*> servers;
  servers.reserve(urls.size());
  for (const auto& url : urls)
    servers.push_back(url.c_str());
  require_nats(natsOptions_SetServers(options, servers.data(), static_cast<int>(servers.size())),
               "nats servers");
  natsOptions_SetNoRandomize(options, true);
  natsOptions_SetTimeout(options, connect_timeout_ms);
  natsOptions_SetMaxReconnect(options, -1); // for ever
  natsOptions_SetReconnectWait(options, reconnect_wait_ms);
  natsOptions_SetReconnectJitter(options, 0, 0);
  natsOptions_SetPingInterval(options, ping_ms);
  natsOptions_SetMaxPingsOut(options, pings_unanswered);
  natsOptions_SetWriteDeadline(options, write_deadline_ms);
}

// Messages are sent at once, instead of being left to the library's flushing thread.
std::shared_ptr<natsConnection> connected_to_nats(const std::string& list) {
  natsOptions* options = nullptr;
  require_nats(natsOptions_Create(&options), "nats options");
  const auto urls = parts_of(list);
  if (urls.size() > 1)
    follow_cluster(options, urls);
  else
    natsOptions_SetURL(options, list.c_str());
  natsOptions_SetSendAsap(options, true);
  natsConnection* connection = nullptr;
  const auto status = natsConnection_Connect(&connection, options);
  natsOptions_Destroy(options);
  require_nats(status, "nats connection");
  return {connection, natsConnection_Destroy};
}

class nats_sender final : public frame_sender {
public:
  nats_sender(const std::string& urls, std::size_t cameras) : cluster_(parts_of(urls).size() > 1) {
    for (std::size_t i = 0; i < cameras; ++i)
      connections_.push_back(connected_to_nats(urls));
  }
  void send(std::size_t camera, const payload& body) override {
    const auto status = natsConnection_Publish(
        connections_[camera].get(), ("cam." + std::to_string(camera)).c_str(), body.bytes().data(),
        static_cast<int>(body.size_bytes()));
    if (!cluster_) // with a cluster, the frame is lost and the camera goes on with the next one
      require_nats(status, "nats publish");
  }

private:
  bool cluster_;
  std::vector<std::shared_ptr<natsConnection>> connections_;
};

} // namespace

std::unique_ptr<frame_sender> nats_cameras(const std::string& urls, std::size_t cameras) {
  return std::make_unique<nats_sender>(urls, cameras);
}

void receive_by_nats(const std::string& urls, std::size_t /*cameras*/,
                     const std::function<void()>& subscribed,
                     const std::function<bool(const void*, std::size_t)>& take) {
  const auto connection = connected_to_nats(urls);
  hand_over taken(take);
  natsSubscription* made = nullptr;
  require_nats(natsConnection_Subscribe(
                   &made, connection.get(), "cam.*",
                   [](natsConnection*, natsSubscription*, natsMsg* message, void* to) {
                     static_cast<hand_over*>(to)->give(
                         natsMsg_GetData(message),
                         static_cast<std::size_t>(natsMsg_GetDataLength(message)));
                     natsMsg_Destroy(message);
                   },
                   &taken),
               "nats subscription");
  const std::shared_ptr<natsSubscription> subscription(made, natsSubscription_Destroy);
  require_nats(natsConnection_Flush(connection.get()), "nats flush");
  subscribed();
  taken.wait();
}

} // namespace monopod::experiment
