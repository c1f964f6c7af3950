#include "programs/collect/subscriber.hpp"

#include <mosquitto.h>

#include <chrono>
#include <mqtt_protocol.h>
#include <new>
#include <stdexcept>
#include <thread>

namespace monopod {

struct subscriber::callbacks {
  static void connect(mosquitto* handle, void* self, int code) {
    auto& s = *static_cast<subscriber*>(self);
    if (code == 0)
      mosquitto_subscribe(handle, nullptr, s.options_.topic.c_str(), s.options_.qos);
    else
      s.refused_ = mosquitto_reason_string(code);
  }
  static void subscribed(mosquitto*, void* self, int, int, const int*) {
    static_cast<subscriber*>(self)->on_subscribed_();
  }
  static void message(mosquitto*, void* self, const mosquitto_message* m) {
    static_cast<subscriber*>(self)->on_message_(
        {static_cast<const std::byte*>(m->payload), static_cast<std::size_t>(m->payloadlen)});
  }
};

subscriber::subscriber(subscriber_options options,
                       std::function<void(std::span<const std::byte>)> on_message,
                       std::function<void()> on_subscribed)
    : options_(std::move(options)), on_message_(std::move(on_message)),
      on_subscribed_(std::move(on_subscribed)) {
  mosquitto_lib_init();
  const bool passing = options_.client_id.empty();
  handle_ = {mosquitto_new(passing ? nullptr : options_.client_id.c_str(), passing, this),
             mosquitto_destroy};
  if (handle_ == nullptr)
    throw std::bad_alloc();
  auto* h = handle_.get();
  mosquitto_int_option(h, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  if (!options_.username.empty())
    mosquitto_username_pw_set(h, options_.username.c_str(), options_.password.c_str());
  mosquitto_connect_callback_set(h, callbacks::connect);
  mosquitto_subscribe_callback_set(h, callbacks::subscribed);
  mosquitto_message_callback_set(h, callbacks::message);
  if (const int code = connect(); code != MOSQ_ERR_SUCCESS)
    throw std::runtime_error("no MQTT broker at " + options_.host + ":" +
                             std::to_string(options_.port) + " (" + mosquitto_strerror(code) +
                             "): start one, or name it with --host and --port");
}

int subscriber::connect() {
  constexpr std::uint32_t day_s = 24 * 3600;
  mosquitto_property* properties = nullptr;
  if (!options_.client_id.empty())
    mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, day_s);
  const int code = mosquitto_connect_bind_v5(handle_.get(), options_.host.c_str(), options_.port,
                                             30, nullptr, properties); // copied, for reconnects too
  mosquitto_property_free_all(&properties);
  return code;
}

void subscriber::poll(int timeout_ms) {
  const int code = mosquitto_loop(handle_.get(), timeout_ms, 1);
  if (!refused_.empty())
    throw std::runtime_error("the MQTT broker at " + options_.host + " refuses the connection (" +
                             refused_ + "): try --username and --password");
  if (code == MOSQ_ERR_SUCCESS)
    return;
  if (mosquitto_reconnect(handle_.get()) != MOSQ_ERR_SUCCESS)
    std::this_thread::sleep_for(std::chrono::milliseconds(timeout_ms)); // the caller polls again
}

} // namespace monopod
