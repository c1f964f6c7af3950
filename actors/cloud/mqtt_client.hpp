// One MQTT connection on a loop: libmosquitto with our poll, so that publishing wakes no other
// thread.
#pragma once

#include "actors/cloud/mqtt_port.hpp"
#include "actors/runtime/loop.hpp"
#include "core/config/config.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct mosquitto;

namespace monopod {

/// MQTT 5 or 3.1.1 (OASIS MQTT 5.0; 3.1.1). Belongs to the loop's thread; only name resolution and
/// TCP connect, which block, run on a thread of their own that is left to itself when the client
/// goes. Each connection starts from nothing (clean start): unconfirmed messages are the outbox's
/// to send again.
class mqtt_client final : public mqtt_port {
public:
  struct options {
    std::string host;
    std::uint16_t port = 1883;
    mqtt_version version = mqtt_version::v5;
    std::string client_id;
    std::string username; // empty: none
    std::string password;
    std::uint32_t keepalive_s = 30;
    struct {
      bool on = false;
      std::string ca_file; // empty: the system's authorities
      std::string cert_file;
      std::string key_file;
      std::string alpn;
    } tls;
    std::uint32_t expiry_s = 0; // MQTT 5: of published messages that are not retained; 0: none
    std::uint32_t in_flight = 20;
    std::string will_topic; // published by the broker when the connection breaks
    std::string will_payload;
    bool will_retain = true;
  };

  struct handlers {
    std::function<void()> connected;
    /// Also when connecting failed; `reason` is for people. The client is idle then.
    std::function<void(const std::string& reason)> disconnected;
    /// QoS 0: written; 1: PUBACK; 2: PUBCOMP. `refused`: the broker answered with an error (MQTT 5
    /// reason >= 0x80).
    std::function<void(int message_id, std::optional<std::string> refused)> confirmed;
  };

  mqtt_client(loop& host, options opts, handlers h);
  ~mqtt_client() override;

  /// For the next connection.
  void set_password(const std::string& password) { options_.password = password; }

  /// Starts to connect; `connected` or `disconnected` follows. Only when idle.
  void connect();

  std::optional<int> publish(const std::string& topic, std::span<const std::byte> message, int qos,
                             bool retain, std::span<const user_property> properties = {}) override;

  /// Says goodbye (the will is not published) and becomes idle without a call of `disconnected`.
  void disconnect();

  bool connected() const override { return connected_; }
  bool writing() const override;
  std::uint32_t window() const override { return window_; }
  int max_qos() const override { return max_qos_; }
  std::size_t payload_max_bytes(std::string_view topic,
                                std::span<const user_property> properties) const override;

private:
  struct callbacks;

  std::shared_ptr<mosquitto> make_handle();
  bool set_tls(mosquitto* handle) const;
  void on_connect_returned(int code, int error);
  void on_event(short revents);
  void keep_alive();
  void update_events();
  void batch();
  void set_cork(bool on);
  void broke(const std::string& reason);
  void lost(const std::string& reason);
  void close();

  loop& loop_;
  options options_;
  handlers handlers_;
  std::shared_ptr<mosquitto> handle_;
  std::shared_ptr<int>
      attempt_; // alive while the current connection is; guards what other threads return
  std::unique_ptr<loop::source> source_;
  loop::timer_id timer_ = 0;
  bool connected_ = false;
  std::uint32_t window_ = 0;
  std::uint32_t packet_max_bytes_ = 0; // 0: no limit was told
  int max_qos_ = 2;
  std::uint32_t turn_publishes_ = 0; // so far in this turn
  std::string refused_;              // why CONNACK refused
};

} // namespace monopod
