// Clouds with limits of their own: what a preset gives, and what it refuses.
#include "core/config/presets.hpp"

#include "core/config/config_loader.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace monopod {

namespace {

constexpr const char* presets[] = {"aws-iot-core", "azure-event-grid"};

tl::expected<config, std::vector<config_mistake>>
load(const std::string& preset, const std::string& lines = "",
     const std::vector<config_override>& overrides = {}) {
  return load_config_text("[cloud.c]\npreset = \"" + preset + "\"\n" + lines, "f", overrides);
}

std::string mistakes(const std::string& preset, const std::string& lines,
                     const std::vector<config_override>& overrides = {}) {
  const auto loaded = load(preset, lines, overrides);
  return loaded ? "" : describe(loaded.error());
}

} // namespace

BOOST_AUTO_TEST_CASE(plain_changes_nothing) {
  const auto conf = load("plain");
  BOOST_TEST_REQUIRE(conf.has_value());
  const auto& c = conf->cloud.at("c");
  BOOST_TEST(c.port == 1883);
  BOOST_TEST(!c.tls);
  BOOST_TEST(c.pace_messages_s == 0u);
  BOOST_TEST(mistakes("plain", "qos = 2\nkeepalive_s = 60000\n").empty());
}

BOOST_DATA_TEST_CASE(a_preset_is_complete_and_within_its_own_limits,
                     boost::unit_test::data::make(presets), name) {
  const auto conf = load(name);
  BOOST_TEST_REQUIRE(conf.has_value(), mistakes(name, ""));
  const auto& c = conf->cloud.at("c");
  BOOST_TEST(c.tls);
  BOOST_TEST(c.port == 8883);
  BOOST_TEST(c.qos == 1);
  BOOST_TEST(c.pace_messages_s > 0u);
  BOOST_TEST(c.pace_bytes_s > 0u);
}

BOOST_AUTO_TEST_CASE(what_aws_iot_core_takes) {
  const auto conf = load("aws-iot-core");
  BOOST_TEST_REQUIRE(conf.has_value());
  const auto& c = conf->cloud.at("c");
  BOOST_TEST(c.payload_max_bytes == 131'072u);
  // With the burst that pacer.hpp allows, no second holds more than a hundred.
  BOOST_TEST(c.pace_messages_s * 11 / 10 + 1 == 100u);
}

BOOST_AUTO_TEST_CASE(what_is_said_goes_before_the_preset) {
  const auto conf = load("aws-iot-core", "pace_messages_s = 50\n",
                         {{"--cloud.c.keepalive_s", "cloud.c.keepalive_s", {"45"}},
                          {"--cloud.c.qos", "cloud.c.qos", {"0"}}});
  BOOST_TEST_REQUIRE(conf.has_value());
  const auto& c = conf->cloud.at("c");
  BOOST_TEST(c.pace_messages_s == 50u);
  BOOST_TEST(c.keepalive_s == 45u);
  BOOST_TEST(c.qos == 0);
  BOOST_TEST(c.tls);
}

BOOST_AUTO_TEST_CASE(a_preset_from_a_flag_applies_to_the_file) {
  const auto conf = load_config_text("[cloud.c]\nqos = 0\n", "f",
                                     {{"--cloud.c.preset", "cloud.c.preset", {"aws-iot-core"}}});
  BOOST_TEST_REQUIRE(conf.has_value());
  BOOST_TEST(conf->cloud.at("c").qos == 0);
  BOOST_TEST(conf->cloud.at("c").tls);
}

BOOST_AUTO_TEST_CASE(what_the_cloud_would_refuse_is_said_with_its_place) {
  BOOST_TEST(
      mistakes("aws-iot-core", "qos = 2\n") ==
      "f:3:7: cloud.c.qos: AWS IoT Core does not support quality of service 2; set qos = 1: keys "
      "reveal repetitions\n");
  BOOST_TEST(mistakes("aws-iot-core", "", {{"--cloud.c.qos", "cloud.c.qos", {"2"}}}) ==
             "--cloud.c.qos: cloud.c.qos: AWS IoT Core does not support quality of service 2; set "
             "qos = 1: keys reveal repetitions\n");
  BOOST_TEST(
      mistakes("aws-iot-core", "port = 443\n") ==
      "f:3:8: cloud.c.port: AWS IoT Core tells protocols at port 443 apart by ALPN; set alpn "
      "= \"x-amzn-mqtt-ca\" (with a client certificate), or port = 8883\n");
  BOOST_TEST(mistakes("aws-iot-core", "port = 443\nalpn = \"x-amzn-mqtt-ca\"\n").empty());
  for (const std::string lines :
       {"tls = false", "payload_max_bytes = 131073", "pace_messages_s = 101", "pace_messages_s = 0",
        "pace_bytes_s = 0", "in_flight = 101", "keepalive_s = 1201", "keepalive_s = 29",
        "topic = \"1/2/3/4/5/6/7/8/{camera}\"", "status_topic = \"1/2/3/4/5/6/7/8/9\""})
    BOOST_TEST(mistakes("aws-iot-core", lines + "\n").starts_with("f:3:"), lines);
  BOOST_TEST(mistakes("aws-iot-core", "topic = \"1/2/3/4/5/6/7/{camera}\"\n").empty());
  BOOST_TEST(mistakes("azure-event-grid", "keepalive_s = 1161\n").starts_with("f:3:"));
  BOOST_TEST(mistakes("azure-event-grid", "topic = \"1/2/3/4/5/6/7/8/{camera}\"\n").empty());
}

BOOST_AUTO_TEST_CASE(user_properties_need_mqtt_5) {
  BOOST_TEST(mistakes("plain", "user_properties = true\nversion = \"3.1.1\"\n") ==
             "f:3:19: cloud.c.user_properties: they need MQTT 5; set version = \"5\"\n");
}

BOOST_AUTO_TEST_CASE(pictures_need_mqtt_5) {
  BOOST_TEST(
      mistakes("plain", "image = \"crop\"\nversion = \"3.1.1\"\n") ==
      "f:3:9: cloud.c.image: it needs MQTT 5, which tells the result's key; set version = \"5\", "
      "or image = \"none\"\n");
  BOOST_TEST(mistakes("plain", "image = \"frame\"\n") == "");
  BOOST_TEST(mistakes("plain", "image = \"frame\"\nimage_budget_bytes = 1000\n") != "");
}

} // namespace monopod
