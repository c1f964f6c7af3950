// An MQTT connection that does what a test says.
#pragma once

#include "actors/cloud/mqtt_port.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// Takes messages and keeps them.
class mqtt_connection final : public mqtt_port {
public:
  struct message {
    std::string topic;
    std::string text;
    int qos = 0;
    std::vector<std::string> properties;
  };

  std::optional<int> publish(const std::string& topic, std::span<const std::byte> bytes, int qos,
                             bool, std::span<const user_property> properties) override {
    if (breaks) {
      up = false;
      return std::nullopt;
    }
    if (refuses)
      return std::nullopt;
    message m{topic, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, qos, {}};
    for (const auto& p : properties)
      m.properties.push_back(std::string(p.name) + "=" + p.value);
    sent.push_back(std::move(m));
    return static_cast<int>(sent.size());
  }
  bool connected() const override { return up; }
  bool writing() const override { return blocked; }
  std::uint32_t window() const override { return room; }
  int max_qos() const override { return best_qos; }
  std::size_t payload_max_bytes(std::string_view, std::span<const user_property>) const override {
    return limit_bytes;
  }

  std::vector<message> sent;
  bool up = true;
  bool blocked = false;
  bool breaks = false;
  bool refuses = false;
  std::uint32_t room = 20;
  int best_qos = 2;
  std::size_t limit_bytes = 1'000'000;
};

} // namespace monopod
