#include "tools/control/cloud_publisher.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/log.hpp"
#include "core/number_text.hpp"

#include <mosquitto.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <mqtt_protocol.h>
#include <new>
#include <poll.h>
#include <string_view>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace monopod::control {

namespace {

// The most results that wait while the broker is away: as many as a pod's outbox holds by default.
// The oldest make room, which is counted and logged.
constexpr std::size_t waiting_results = 10'000;
// The most results that libmosquitto has and the broker has not confirmed; further ones wait here.
constexpr std::uint64_t unconfirmed_results = 1000;

constexpr int keepalive_s = 30;
constexpr int housekeeping_ms = 5000; // often enough for libmosquitto's pings
constexpr std::uint64_t retry_first_ms = 100;
constexpr std::uint64_t retry_last_ms = 1000;
constexpr auto farewell = std::chrono::seconds(1);
constexpr int packets_per_turn = 64;

} // namespace

void stamp_result(std::string& result, std::uint64_t published_at_ns) {
  constexpr std::string_view place = R"("published_at_ns":0)";
  const auto at = result.find(place);
  if (at == std::string::npos)
    return;
  std::string digits;
  append_number(digits, published_at_ns);
  result.replace(at + place.size() - 1, 1, digits);
}

// libmosquitto calls these from within its functions, with our mutex held.
struct cloud_publisher::callbacks {
  static void connect(mosquitto*, void* self, int code, int, const mosquitto_property*) {
    auto& p = *static_cast<cloud_publisher*>(self);
    p.refused_ = code == 0 ? "" : mosquitto_reason_string(code);
    p.connected_ = code == 0;
  }
  static void publish(mosquitto*, void* self, int message, int reason, const mosquitto_property*) {
    auto& p = *static_cast<cloud_publisher*>(self);
    if (const auto confirmed = p.numbers_.extract(message))
      p.settle(confirmed.mapped(), reason < 0x80);
    p.unconfirmed_ -= std::min<std::uint64_t>(p.unconfirmed_, 1);
    p.settled_.notify_all();
    if (reason >= 0x80)
      log_limited(log_level::warn, "cloud", "a result is refused",
                  {{"reason", mosquitto_reason_string(reason)}});
  }
};

cloud_publisher::cloud_publisher(options o)
    : options_(std::move(o)), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      waiting_(waiting_results) {
  static const int once = mosquitto_lib_init();
  MONOPOD_ENSURE(once == MOSQ_ERR_SUCCESS && wake_fd_ >= 0, "mosquitto_lib_init, eventfd");
  auto* raw = mosquitto_new(options_.client_id.c_str(), true, this);
  if (raw == nullptr)
    throw std::bad_alloc();
  handle_ = {raw, mosquitto_destroy};
  mosquitto_int_option(raw, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(raw, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_connect_v5_callback_set(raw, callbacks::connect);
  mosquitto_publish_v5_callback_set(raw, callbacks::publish);
  thread_ = std::thread([this] { run(); });
}

cloud_publisher::~cloud_publisher() {
  {
    std::unique_lock lock(mutex_);
    settled_.wait_for(lock, farewell,
                      [this] { return !connected_ || (unconfirmed_ == 0 && waiting_.empty()); });
  }
  stopping_ = true;
  wake();
  thread_.join();
  if (connected_)
    mosquitto_disconnect(handle_.get());
  close(wake_fd_);
}

void cloud_publisher::publish(std::string topic, std::string result, std::uint64_t number) {
  message m{std::move(topic), std::move(result), number};
  const std::lock_guard lock(mutex_);
  if (waiting_.empty() && hand_over(m))
    return;
  if (waiting_.size() >= waiting_results)
    settle(waiting_.front().number, false); // it makes room
  if (waiting_.push(std::move(m)))
    return;
  ++dropped_;
  log_limited(log_level::warn, "cloud", "the broker is away: the oldest result is dropped",
              {{"dropped", dropped_.load()}});
}

// False if the result can't go now.
bool cloud_publisher::hand_over(message& m) {
  if (!connected_ || unconfirmed_ >= unconfirmed_results)
    return false;
  auto text = m.text; // `m` keeps its text without a stamp, to be tried again
  stamp_result(text, realtime_ns());
  int given = 0; // libmosquitto's number of the message
  const int code =
      mosquitto_publish_v5(handle_.get(), &given, m.topic.c_str(), static_cast<int>(text.size()),
                           text.data(), options_.qos, false, nullptr);
  switch (code) {
  case MOSQ_ERR_SUCCESS:
    ++unconfirmed_;
    ++published_;
    if (m.number != 0)
      numbers_[given] = m.number;
    break;
  case MOSQ_ERR_INVAL:
  case MOSQ_ERR_MALFORMED_UTF8:
  case MOSQ_ERR_PAYLOAD_SIZE:
  case MOSQ_ERR_OVERSIZE_PACKET:
    ++dropped_;
    settle(m.number, false);
    log_limited(log_level::error, "cloud", "a result can't be published",
                {{"topic", m.topic}, {"reason", mosquitto_strerror(code)}});
    return true;
  default:
    // The connection failed. A result that libmosquitto took all the same arrives twice, with one
    // key.
    connected_ = false;
    wake();
    return false;
  }
  if (mosquitto_want_write(handle_.get()))
    wake(); // the socket is full: the thread waits for room
  return true;
}

void cloud_publisher::hand_over_waiting() {
  while (!waiting_.empty() && hand_over(waiting_.front()))
    waiting_.pop();
}

void cloud_publisher::settle(std::uint64_t number, bool confirmed) const {
  if (number != 0 && options_.on_settled)
    options_.on_settled(number, confirmed);
}

void cloud_publisher::run() {
  for (auto retry_ms = retry_first_ms; !stopping_;) {
    if (connect()) {
      serve();
      retry_ms = retry_first_ms;
    }
    wait_ms(retry_ms);
    retry_ms = std::min(2 * retry_ms, retry_last_ms);
  }
}

// Blocks in getaddrinfo and connect(2). Other threads leave the handle alone while connected_ is
// false.
bool cloud_publisher::connect() {
  refused_.clear();
  if (options_.qos == 0)
    unconfirmed_ = 0; // unwritten results are gone; with a higher QoS they are sent again
  const int code =
      std::exchange(tried_, true)
          ? mosquitto_reconnect(handle_.get())
          : mosquitto_connect(handle_.get(), options_.host.c_str(), options_.port, keepalive_s);
  const int error = errno;
  if (code == MOSQ_ERR_SUCCESS)
    return true;
  log_limited(log_level::warn, "cloud", "no MQTT broker: start one, or say where with --cloud",
              {{"host", options_.host},
               {"port", options_.port},
               {"reason", code == MOSQ_ERR_ERRNO ? std::generic_category().message(error)
                                                 : mosquitto_strerror(code)}});
  return false;
}

void cloud_publisher::serve() {
  bool was_connected = false;
  while (!stopping_ && turn()) {
    if (!was_connected && connected_) {
      was_connected = true;
      if (options_.on_connected)
        options_.on_connected();
      log_info("cloud", "connected", {{"host", options_.host}, {"port", options_.port}});
    }
  }
  if (stopping_)
    return;
  {
    const std::lock_guard lock(mutex_); // no other thread uses the handle afterwards
    connected_ = false;
  }
  log_limited(log_level::warn, "cloud", "the connection to the MQTT broker broke",
              {{"host", options_.host}, {"reason", refused_}});
}

// Waits for the socket and serves it; false once the connection is broken.
bool cloud_publisher::turn() {
  std::array<pollfd, 2> waits{};
  {
    const std::lock_guard lock(mutex_);
    const bool write = mosquitto_want_write(handle_.get());
    waits[0] = {mosquitto_socket(handle_.get()),
                static_cast<short>(write ? POLLIN | POLLOUT : POLLIN), 0};
  }
  waits[1] = {wake_fd_, POLLIN, 0};
  poll(waits.data(), waits.size(), housekeeping_ms);
  if (waits[1].revents != 0) {
    eventfd_t ignored = 0;
    eventfd_read(wake_fd_, &ignored);
  }
  const std::lock_guard lock(mutex_);
  int code = MOSQ_ERR_SUCCESS;
  if ((waits[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
    code = mosquitto_loop_read(handle_.get(), packets_per_turn);
  if (code == MOSQ_ERR_SUCCESS && (waits[0].revents & POLLOUT) != 0)
    code = mosquitto_loop_write(handle_.get(), 1);
  if (code == MOSQ_ERR_SUCCESS)
    code = mosquitto_loop_misc(handle_.get());
  if (code != MOSQ_ERR_SUCCESS && refused_.empty())
    refused_ = mosquitto_strerror(code);
  if (code == MOSQ_ERR_SUCCESS && refused_.empty())
    hand_over_waiting();
  return code == MOSQ_ERR_SUCCESS && refused_.empty() && mosquitto_socket(handle_.get()) >= 0;
}

void cloud_publisher::wait_ms(std::uint64_t ms) {
  pollfd woken{wake_fd_, POLLIN, 0};
  if (!stopping_ && poll(&woken, 1, static_cast<int>(ms)) > 0) {
    eventfd_t ignored = 0;
    eventfd_read(wake_fd_, &ignored);
  }
}

void cloud_publisher::wake() const { eventfd_write(wake_fd_, 1); }

} // namespace monopod::control
