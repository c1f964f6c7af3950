#include "core/config/presets.hpp"

#include "core/config/settings.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <utility>

namespace monopod {

namespace {

struct preset_value {
  const char* setting;
  setting_value value;
};

constexpr std::int64_t kib = 1024;

setting_value number(std::int64_t n) { return n; }

struct preset {
  std::string title; // the cloud's name for people
  std::vector<preset_value> values;
  std::int64_t payload_max_bytes;
  std::int64_t pace_messages_s; // the most that the cloud takes
  std::int64_t pace_bytes_s;
  std::int64_t in_flight;
  std::int64_t keepalive_min_s;
  std::int64_t keepalive_max_s;
  std::int64_t topic_levels;
  std::size_t client_id_bytes;
};

// Adds the values that the clouds of all providers need.
std::vector<preset_value> with_common(std::vector<preset_value> own) {
  const std::vector<preset_value> common{{"port", number(8883)},
                                         {"tls", true},
                                         {"version", std::string("5")},
                                         {"qos", number(1)},
                                         {"keepalive_s", number(60)},
                                         {"in_flight", number(50)},
                                         {"reconnect_min_ms", number(1000)}};
  own.insert(own.end(), common.begin(), common.end());
  return own;
}

// Paces are a tenth below the cloud's limits, so that even with a burst no second holds more than
// the cloud takes (pacer.hpp).
const preset& aws_iot_core() {
  static const preset p{.title = "AWS IoT Core",
                        .values = with_common({{"payload_max_bytes", number(128 * kib)},
                                               {"pace_messages_s", number(90)},
                                               {"pace_bytes_s", number(460'000)}}),
                        .payload_max_bytes = 128 * kib,
                        .pace_messages_s = 100,
                        .pace_bytes_s = 512 * kib,
                        .in_flight = 100,
                        .keepalive_min_s = 30,
                        .keepalive_max_s = 1200,
                        .topic_levels = 8,
                        .client_id_bytes = 128};
  return p;
}

const preset& azure_event_grid() {
  static const preset p{.title = "Azure Event Grid",
                        .values = with_common({{"payload_max_bytes", number(512 * 1000)},
                                               {"pace_messages_s", number(900)},
                                               {"pace_bytes_s", number(900'000)},
                                               {"status_retain", false}}),
                        .payload_max_bytes = 512 * kib,
                        .pace_messages_s = 1000,
                        .pace_bytes_s = 1'000'000,
                        .in_flight = 1000,
                        .keepalive_min_s = 5,
                        .keepalive_max_s = 1160,
                        .topic_levels = 15,
                        .client_id_bytes = 128};
  return p;
}

const preset* find(cloud_preset which) {
  switch (which) {
  case cloud_preset::aws_iot_core:
    return &aws_iot_core();
  case cloud_preset::azure_event_grid:
    return &azure_event_grid();
  case cloud_preset::plain:
    break;
  }
  return nullptr;
}

// Collects the settings that a cloud would refuse.
class judge {
public:
  explicit judge(const preset& p) : preset_(p) {}

  void refuse(const char* setting, bool refused, const std::string& what, std::string remedy) {
    if (refused)
      problems.push_back({setting, {fmt::format("{} {}", preset_.title, what), std::move(remedy)}});
  }
  void at_most(const char* setting, std::uint32_t value, std::int64_t most, const char* unit) {
    refuse(setting, value > most, fmt::format("takes at most {} {}", most, unit),
           fmt::format("set {} or less, or leave it to the preset", most));
  }
  // Like at_most(), and 0 stands for no bound, which is refused as well.
  void paced(const char* setting, std::uint32_t value, std::int64_t most, const char* unit) {
    at_most(setting, value, most, unit);
    refuse(setting, value == 0, fmt::format("takes at most {} {}", most, unit),
           "set a pace, or leave it to the preset");
  }
  void topic(const char* setting, const std::string& text) {
    const auto levels = std::ranges::count(text, '/') + 1;
    refuse(setting, levels > preset_.topic_levels,
           fmt::format("takes topics of at most {} levels, this one has {}", preset_.topic_levels,
                       levels),
           "shorten it");
  }

  std::vector<preset_problem> problems;

private:
  const preset& preset_;
};

} // namespace

void apply_preset(config& conf, const std::string& name,
                  const std::function<bool(const std::string&)>& is_given) {
  const auto* p = find(conf.cloud.at(name).preset);
  if (p == nullptr)
    return;
  for (const auto& v : p->values)
    if (!is_given(v.setting))
      find_setting("cloud", v.setting)->set(conf, name, v.value);
}

std::vector<preset_problem> check_preset(const cloud_config& c) {
  const auto* p = find(c.preset);
  if (p == nullptr)
    return {};
  judge j(*p);
  j.refuse("tls", !c.tls, "needs TLS", "set tls = true, or leave it to the preset");
  j.refuse("qos", c.qos > 1, "does not support quality of service 2",
           "set qos = 1: keys reveal repetitions");
  j.refuse("port", c.preset == cloud_preset::aws_iot_core && c.port == 443 && c.alpn.empty(),
           "tells protocols at port 443 apart by ALPN",
           "set alpn = \"x-amzn-mqtt-ca\" (with a client certificate), or port = 8883");
  j.at_most("payload_max_bytes", c.payload_max_bytes, p->payload_max_bytes, "bytes a message");
  j.paced("pace_messages_s", c.pace_messages_s, p->pace_messages_s, "messages a second");
  j.paced("pace_bytes_s", c.pace_bytes_s, p->pace_bytes_s, "bytes a second");
  j.at_most("in_flight", c.in_flight, p->in_flight, "unconfirmed messages");
  j.at_most("keepalive_s", c.keepalive_s, p->keepalive_max_s, "s of keep-alive");
  j.refuse("keepalive_s", c.keepalive_s < p->keepalive_min_s,
           fmt::format("needs at least {} s of keep-alive", p->keepalive_min_s), "set more");
  j.topic("topic", c.topic);
  j.topic("event_topic", c.event_topic);
  j.topic("status_topic", c.status_topic);
  j.topic("image_topic", c.image_topic);
  j.refuse("client_id", c.client_id.size() > p->client_id_bytes,
           fmt::format("takes client identifiers of at most {} bytes", p->client_id_bytes),
           "shorten it");
  return std::move(j.problems);
}

} // namespace monopod
