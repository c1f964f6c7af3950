// The part of an MQTT connection that publishing needs; tests have one without a broker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace monopod {

/// Used on one thread. Implemented by mqtt_client.
class mqtt_port {
public:
  /// MQTT 5; name and value are UTF-8.
  struct user_property {
    const char* name;
    std::string value;
  };

  mqtt_port() = default;
  virtual ~mqtt_port() = default;
  mqtt_port(const mqtt_port&) = delete;
  mqtt_port& operator=(const mqtt_port&) = delete;

  /// The message's id, or nothing if it could not be taken: either the connection is gone, which
  /// connected() tells then, or the message would be refused on any connection (too large).
  /// `properties` are for MQTT 5 only.
  virtual std::optional<int> publish(const std::string& topic, std::span<const std::byte> message,
                                     int qos, bool retain,
                                     std::span<const user_property> properties = {}) = 0;
  virtual bool connected() const = 0;
  /// Whether bytes of earlier messages wait until the socket takes them.
  virtual bool writing() const = 0;
  /// Publishes that may be unconfirmed: the option, or less if the broker said so (MQTT 5 Receive
  /// Maximum).
  virtual std::uint32_t window() const = 0;
  /// The highest quality of service that the broker knows (MQTT 5 Maximum QoS).
  virtual int max_qos() const = 0;
  /// Bytes that a message to this topic may have if the broker set a limit (MQTT 5 Maximum Packet
  /// Size), less the rest of the packet.
  virtual std::size_t payload_max_bytes(std::string_view topic,
                                        std::span<const user_property> properties) const = 0;
};

} // namespace monopod
