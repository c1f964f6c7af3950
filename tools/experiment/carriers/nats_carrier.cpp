#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/carriers/hand_over.hpp"
#include "tools/harness/nats_server.hpp"

#include <nats/nats.h>

#include <stdexcept>

namespace monopod::experiment {

namespace {

class nats_server final : public carrier_server {
public:
  std::string camera_address() const override { return nats_.url(); }
  std::string app_address() const override { return nats_.url(); }
  std::vector<harness::named_process> parts() const override { return {{"nats", nats_.pid()}}; }

private:
  harness::nats_server nats_;
};

void require_nats(natsStatus status, const char* what) {
  if (status != NATS_OK)
    throw std::runtime_error(std::string(what) + ": " + natsStatus_GetText(status));
}

// Sends at once, instead of leaving it to the library's thread that flushes.
std::shared_ptr<natsConnection> connected_to_nats(const std::string& url) {
  natsOptions* options = nullptr;
  require_nats(natsOptions_Create(&options), "nats options");
  natsOptions_SetURL(options, url.c_str());
  natsOptions_SetSendAsap(options, true);
  natsConnection* connection = nullptr;
  const auto status = natsConnection_Connect(&connection, options);
  natsOptions_Destroy(options);
  require_nats(status, "nats connection");
  return {connection, natsConnection_Destroy};
}

class nats_sender final : public frame_sender {
public:
  nats_sender(const std::string& url, std::size_t cameras) {
    for (std::size_t i = 0; i < cameras; ++i)
      connections_.push_back(connected_to_nats(url));
  }
  void send(std::size_t camera, const payload& body) override {
    require_nats(natsConnection_Publish(connections_[camera].get(),
                                        ("cam." + std::to_string(camera)).c_str(),
                                        body.bytes().data(), static_cast<int>(body.size_bytes())),
                 "nats publish");
  }

private:
  std::vector<std::shared_ptr<natsConnection>> connections_;
};

void receive_by_nats(const std::string& url, std::size_t /*cameras*/,
                     const std::function<void()>& subscribed,
                     const std::function<bool(const void*, std::size_t)>& take) {
  const auto connection = connected_to_nats(url);
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

} // namespace

carrier nats_carrier() {
  return {"nats", "nats-server, at most once",
          [](const std::string&) { return std::make_unique<nats_server>(); },
          [](const std::string& url, std::size_t cameras) {
            return std::make_unique<nats_sender>(url, cameras);
          },
          receive_by_nats};
}

} // namespace monopod::experiment
