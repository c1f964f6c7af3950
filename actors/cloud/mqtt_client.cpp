#include "actors/cloud/mqtt_client.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"

#include <mosquitto.h>

#include <algorithm>
#include <cerrno>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <new>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t keep_alive_period_ns = ns_per_s;
constexpr int packets_per_turn = 64;

void initialise_library() {
  static const int once = mosquitto_lib_init();
  MONOPOD_ENSURE(once == MOSQ_ERR_SUCCESS, "mosquitto_lib_init");
}

// Whether a message would fail on any connection: mosquitto_publish_v5's codes that concern the
// message itself. All others concern the connection.
bool is_hopeless(int code) {
  switch (code) {
  case MOSQ_ERR_INVAL:
  case MOSQ_ERR_MALFORMED_UTF8:
  case MOSQ_ERR_PAYLOAD_SIZE:
  case MOSQ_ERR_OVERSIZE_PACKET:
  case MOSQ_ERR_QOS_NOT_SUPPORTED:
  case MOSQ_ERR_NOT_SUPPORTED:
    return true;
  default:
    return false;
  }
}

} // namespace

// libmosquitto calls these from within its loop functions and mosquitto_publish, on our thread.
struct mqtt_client::callbacks {
  // CONNACK's properties (MQTT 5.0, section 3.2.2.3); an absent one means no limit.
  static void take_limits(mqtt_client& client, const mosquitto_property* properties) {
    std::uint16_t receive_maximum = 0;
    client.window_ = client.options_.in_flight;
    if (mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &receive_maximum,
                                      false) != nullptr &&
        receive_maximum > 0)
      client.window_ = std::min<std::uint32_t>(client.window_, receive_maximum);
    client.packet_max_bytes_ = 0;
    mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE,
                                  &client.packet_max_bytes_, false);
    std::uint8_t max_qos = 2;
    mosquitto_property_read_byte(properties, MQTT_PROP_MAXIMUM_QOS, &max_qos, false);
    client.max_qos_ = max_qos;
  }

  static void connect(mosquitto*, void* self, int code, int, const mosquitto_property* properties) {
    auto& client = *static_cast<mqtt_client*>(self);
    if (code != 0) {
      client.refused_ = client.options_.version == mqtt_version::v5
                            ? mosquitto_reason_string(code)
                            : mosquitto_connack_string(code);
      return;
    }
    take_limits(client, properties);
    client.connected_ = true;
    client.handlers_.connected();
  }

  static void publish(mosquitto*, void* self, int message_id, int reason,
                      const mosquitto_property*) {
    std::optional<std::string> refused;
    if (reason >= 0x80)
      refused = mosquitto_reason_string(reason);
    static_cast<mqtt_client*>(self)->handlers_.confirmed(message_id, std::move(refused));
  }
};

mqtt_client::mqtt_client(loop& host, options opts, handlers h)
    : loop_(host), options_(std::move(opts)), handlers_(std::move(h)), window_(options_.in_flight) {
  initialise_library();
}

mqtt_client::~mqtt_client() { close(); }

std::shared_ptr<mosquitto> mqtt_client::make_handle() {
  auto* raw = mosquitto_new(options_.client_id.c_str(), true, this);
  if (raw == nullptr)
    throw std::bad_alloc();
  std::shared_ptr<mosquitto> handle(raw, mosquitto_destroy);
  mosquitto_int_option(raw, MOSQ_OPT_PROTOCOL_VERSION,
                       options_.version == mqtt_version::v5 ? MQTT_PROTOCOL_V5
                                                            : MQTT_PROTOCOL_V311);
  mosquitto_int_option(raw, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_max_inflight_messages_set(raw, options_.in_flight);
  if (!options_.username.empty())
    mosquitto_username_pw_set(raw, options_.username.c_str(), options_.password.c_str());
  if (!options_.will_topic.empty())
    mosquitto_will_set(raw, options_.will_topic.c_str(),
                       static_cast<int>(options_.will_payload.size()), options_.will_payload.data(),
                       1, options_.will_retain);
  mosquitto_connect_v5_callback_set(raw, callbacks::connect);
  mosquitto_publish_v5_callback_set(raw, callbacks::publish);
  return handle;
}

// RFC 5246 or newer, with the broker's certificate and name checked. False if a file can't be used.
bool mqtt_client::set_tls(mosquitto* handle) const {
  const auto& t = options_.tls;
  const auto given = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
  constexpr int verify_peer = 1; // SSL_VERIFY_PEER
  const char* system_authorities = t.ca_file.empty() ? "/etc/ssl/certs" : nullptr;
  return mosquitto_tls_set(handle, given(t.ca_file), system_authorities, given(t.cert_file),
                           given(t.key_file), nullptr) == MOSQ_ERR_SUCCESS &&
         mosquitto_tls_opts_set(handle, verify_peer, "tlsv1.2", nullptr) == MOSQ_ERR_SUCCESS &&
         (t.alpn.empty() ||
          mosquitto_string_option(handle, MOSQ_OPT_TLS_ALPN, t.alpn.c_str()) == MOSQ_ERR_SUCCESS);
}

void mqtt_client::connect() {
  MONOPOD_ENSURE(handle_ == nullptr, "connect() while not idle");
  handle_ = make_handle();
  attempt_ = std::make_shared<int>(0);
  refused_.clear();
  if (options_.tls.on && !set_tls(handle_.get())) {
    loop_.after(0, [this, alive = std::weak_ptr<int>(attempt_)] {
      if (!alive.expired())
        lost("TLS can't use ca_file, cert_file or key_file");
    });
    return;
  }
  // Blocks in getaddrinfo, which libmosquitto calls itself since TLS needs the name, and in
  // connect(2): off the loop. The handle is the thread's alone until it posts.
  std::thread([this, handle = handle_, inbox = loop_.remote(), alive = std::weak_ptr<int>(attempt_),
               host = options_.host, port = options_.port, keepalive = options_.keepalive_s] {
    const int code =
        mosquitto_connect(handle.get(), host.c_str(), port, static_cast<int>(keepalive));
    const int error = errno;
    // If the inbox is full or closed nobody waits for the answer; the client's owner sees no
    // connection.
    [[maybe_unused]] const bool taken = inbox->post([this, alive, code, error] {
      if (!alive.expired())
        on_connect_returned(code, error);
    });
  }).detach();
}

void mqtt_client::on_connect_returned(int code, int error) {
  if (code != MOSQ_ERR_SUCCESS) {
    lost(code == MOSQ_ERR_ERRNO ? std::generic_category().message(error)
                                : mosquitto_strerror(code));
    return;
  }
  source_ = loop_.watch_fd(mosquitto_socket(handle_.get()), POLLIN,
                           [this](short revents) { on_event(revents); });
  update_events();
  keep_alive();
}

void mqtt_client::on_event(short revents) {
  const auto handle = handle_; // a handler may close us
  int code = MOSQ_ERR_SUCCESS;
  if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0)
    code = mosquitto_loop_read(handle.get(), packets_per_turn);
  if (code == MOSQ_ERR_SUCCESS && (revents & POLLOUT) != 0)
    code = mosquitto_loop_write(handle.get(), 1);
  if (handle != handle_)
    return;
  if (code != MOSQ_ERR_SUCCESS || !refused_.empty())
    lost(refused_.empty() ? mosquitto_strerror(code) : refused_);
  else
    update_events();
}

void mqtt_client::keep_alive() {
  if (const int code = mosquitto_loop_misc(handle_.get()); code != MOSQ_ERR_SUCCESS) {
    timer_ = 0;
    lost(mosquitto_strerror(code));
    return;
  }
  update_events();
  timer_ = loop_.after(keep_alive_period_ns, [this] { keep_alive(); });
}

void mqtt_client::update_events() {
  if (source_ != nullptr)
    source_->set_events(
        static_cast<short>(mosquitto_want_write(handle_.get()) ? POLLIN | POLLOUT : POLLIN));
}

bool mqtt_client::writing() const {
  return handle_ != nullptr && mosquitto_want_write(handle_.get());
}

std::size_t mqtt_client::payload_max_bytes(std::string_view topic,
                                           std::span<const user_property> properties) const {
  if (packet_max_bytes_ == 0)
    return SIZE_MAX;
  // PUBLISH, MQTT 5.0, section 3.3: fixed header, topic, identifier, properties with an expiry.
  constexpr std::size_t fixed_bytes = 5 + 2 + 2 + 4 + 5;
  constexpr std::size_t property_bytes = 1 + 2 + 2;
  auto beside = fixed_bytes + topic.size();
  for (const auto& p : properties)
    beside += property_bytes + std::string_view(p.name).size() + p.value.size();
  return packet_max_bytes_ - std::min<std::size_t>(packet_max_bytes_, beside);
}

std::optional<int> mqtt_client::publish(const std::string& topic,
                                        std::span<const std::byte> message, int qos, bool retain,
                                        std::span<const user_property> user_properties) {
  if (!connected_)
    return std::nullopt;
  batch();
  mosquitto_property* properties = nullptr;
  if (options_.version == mqtt_version::v5) {
    if (options_.expiry_s > 0 && !retain)
      mosquitto_property_add_int32(&properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
                                   options_.expiry_s);
    for (const auto& p : user_properties)
      mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY, p.name,
                                         p.value.c_str());
  }
  int id = 0;
  const int code =
      mosquitto_publish_v5(handle_.get(), &id, topic.c_str(), static_cast<int>(message.size()),
                           message.data(), qos, retain, properties);
  mosquitto_property_free_all(&properties);
  if (code != MOSQ_ERR_SUCCESS && !is_hopeless(code)) {
    broke(mosquitto_strerror(code));
    return std::nullopt;
  }
  update_events();
  return code == MOSQ_ERR_SUCCESS ? std::optional(id) : std::nullopt;
}

// The owner is told in the next turn: the caller may be one of libmosquitto's callbacks, or in the
// middle of its own work.
void mqtt_client::broke(const std::string& reason) {
  connected_ = false;
  loop_.after(0, [this, reason, alive = std::weak_ptr<int>(attempt_)] {
    if (!alive.expired())
      lost(reason);
  });
}

// libmosquitto writes each message at once. From a turn's second message on, the kernel keeps them
// until the turn ends, so that many results leave in few segments; a single one never waits.
void mqtt_client::batch() {
  if (++turn_publishes_ > 2)
    return;
  if (turn_publishes_ == 2) {
    set_cork(true);
    return;
  }
  loop_.at_turn_end([this, alive = std::weak_ptr<int>(attempt_)] {
    if (alive.expired())
      return;
    if (turn_publishes_ > 1)
      set_cork(false);
    turn_publishes_ = 0;
  });
}

void mqtt_client::set_cork(bool on) {
  const int value = on ? 1 : 0;
  // Fails if the connection is just breaking, which the next read tells.
  setsockopt(mosquitto_socket(handle_.get()), IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

void mqtt_client::lost(const std::string& reason) {
  close();
  handlers_.disconnected(reason);
}

void mqtt_client::disconnect() {
  if (connected_)
    mosquitto_disconnect(handle_.get());
  close();
}

void mqtt_client::close() {
  connected_ = false;
  turn_publishes_ = 0;
  attempt_.reset();
  source_.reset();
  if (timer_ != 0) // an idle client may be destroyed on any thread
    loop_.cancel(timer_);
  timer_ = 0;
  handle_.reset();
}

} // namespace monopod
