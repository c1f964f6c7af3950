#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/carriers/hand_over.hpp"
#include "tools/harness/servers.hpp"

#include <mosquitto.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

namespace monopod::experiment {

namespace {

class mqtt_server final : public carrier_server {
public:
  std::string camera_address() const override { return std::to_string(broker_.port()); }
  std::string app_address() const override { return camera_address(); }
  std::vector<harness::named_process> parts() const override {
    return {{"mosquitto", broker_.pid()}};
  }

private:
  harness::mqtt_broker broker_;
};

void require_mqtt(int result, const char* what) {
  if (result != MOSQ_ERR_SUCCESS)
    throw std::runtime_error(std::string(what) + ": " + mosquitto_strerror(result));
}

void start_library() {
  static std::once_flag once;
  std::call_once(once, mosquitto_lib_init);
}

std::shared_ptr<mosquitto> made_client(void* user) {
  start_library();
  std::shared_ptr<mosquitto> client(mosquitto_new(nullptr, true, user), [](mosquitto* m) {
    mosquitto_disconnect(m);
    mosquitto_loop_stop(m, false);
    mosquitto_destroy(m);
  });
  if (client == nullptr)
    throw std::runtime_error("no MQTT client");
  mosquitto_int_option(client.get(), MOSQ_OPT_TCP_NODELAY, 1);
  return client;
}

// Connects, and starts a thread of the library, which takes acknowledgements.
void start_client(mosquitto* client, const std::string& port) {
  constexpr int keepalive_s = 60;
  require_mqtt(mosquitto_connect(client, "127.0.0.1", std::stoi(port), keepalive_s),
               "MQTT connection");
  require_mqtt(mosquitto_loop_start(client), "MQTT thread");
}

class mqtt_sender final : public frame_sender {
public:
  mqtt_sender(const std::string& port, std::size_t cameras, int qos) : qos_(qos) {
    for (std::size_t i = 0; i < cameras; ++i) {
      clients_.push_back(made_client(nullptr));
      start_client(clients_.back().get(), port);
    }
  }
  void send(std::size_t camera, const payload& body) override {
    require_mqtt(mosquitto_publish(
                     clients_[camera].get(), nullptr, ("cam/" + std::to_string(camera)).c_str(),
                     static_cast<int>(body.size_bytes()), body.bytes().data(), qos_, false),
                 "MQTT publish");
  }

private:
  int qos_;
  std::vector<std::shared_ptr<mosquitto>> clients_;
};

struct mqtt_receiver {
  hand_over taken;
  const std::function<void()>& subscribed;
};

void receive_by_mqtt(const std::string& port, int qos, const std::function<void()>& subscribed,
                     const std::function<bool(const void*, std::size_t)>& take) {
  mqtt_receiver r{hand_over(take), subscribed};
  const auto client = made_client(&r);
  mosquitto_message_callback_set(
      client.get(), [](mosquitto*, void* to, const mosquitto_message* message) {
        static_cast<mqtt_receiver*>(to)->taken.give(message->payload,
                                                    static_cast<std::size_t>(message->payloadlen));
      });
  mosquitto_subscribe_callback_set(client.get(), [](mosquitto*, void* to, int, int, const int*) {
    static_cast<mqtt_receiver*>(to)->subscribed();
  });
  start_client(client.get(), port);
  require_mqtt(mosquitto_subscribe(client.get(), nullptr, "cam/+", qos), "MQTT subscription");
  r.taken.wait();
}

} // namespace

carrier mqtt_carrier(int qos) {
  return {{qos == 0 ? "mosquitto-qos0" : "mosquitto-qos1",
           qos == 0 ? "MQTT, at most once" : "MQTT, at least once, in memory",
           [qos](const std::string& port, std::size_t cameras) {
             return std::make_unique<mqtt_sender>(port, cameras, qos);
           },
           [qos](const std::string& port, std::size_t, const std::function<void()>& subscribed,
                 const std::function<bool(const void*, std::size_t)>& take) {
             receive_by_mqtt(port, qos, subscribed, take);
           }},
          [](const std::string&) { return std::make_unique<mqtt_server>(); }};
}

} // namespace monopod::experiment
