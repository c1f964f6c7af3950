// The way to MQTT brokers: versions, qualities of service, formats, topics, presence, and brokers
// that are away.
#include "tests/e2e/kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <optional>

using namespace monopod::harness;

namespace {

constexpr int frames = 30;

std::vector<std::string> camera_flags(int count) {
  return {"--frames", std::to_string(count),
          "--fps",    "30",
          "--width",  "160",
          "--height", "120",
          "--window", "200"};
}

double outbox(const pod_process& pod) {
  return pod.metric("monopod_outbox_entries{cloud=\"local\"}").value_or(-1);
}

// Message kept at the topic, as "topic payload"; empty where there is none.
std::string retained(const mqtt_broker& broker, const std::string& topic) {
  const auto got = run({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()),
                        "-t", topic, "--retained-only", "-C", "1", "-W", "1", "-F", "%t %p"});
  return got.exit_code == 0 ? got.output : std::string{};
}

bool has_state(const mqtt_broker& broker, const std::string& state) {
  const auto message = retained(broker, "monopod/here/nodes/#");
  const auto json = message.find('{');
  if (json == std::string::npos)
    return false;
  BOOST_TEST(message.substr(0, json) == "monopod/here/nodes/n1 ");
  return parse_json(message.substr(json)).at("state") == state;
}

struct flavour {
  const char* version;
  const char* in_log; // how mosquitto's log calls the version
  int qos;
  const char* format;
};
std::ostream& operator<<(std::ostream& out, const flavour& f) {
  return out << f.version << " qos " << f.qos << " " << f.format;
}

constexpr flavour flavours[] = {{"5", "(p5,", 0, "json"},     {"5", "(p5,", 1, "flatbuffers"},
                                {"5", "(p5,", 2, "json"},     {"3.1.1", "(p2,", 0, "flatbuffers"},
                                {"3.1.1", "(p2,", 1, "json"}, {"3.1.1", "(p2,", 2, "flatbuffers"}};

void check_flavour(const flavour& f) {
  mqtt_broker broker(0, "log_type all\n");
  collector_process collector(program("collect"), broker.port(),
                              {"--count", std::to_string(frames), "--qos", std::to_string(f.qos)});
  pod_process pod(program(),
                  cloud_at(broker) + std::vector<std::string>{
                                         "--cloud.local.version", f.version, "--cloud.local.qos",
                                         std::to_string(f.qos), "--cloud.local.format", f.format,
                                         "--cloud.local.client_id", "the-pod"});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  camera_process camera(pod.address("cameras"), camera_flags(frames));
  camera.finish();
  const auto got = collector.finish(seconds(20));
  check_each_once_in_order(got, frames);
  BOOST_TEST(eventually([&] { return outbox(pod) == 0; }));
  const auto log = broker.log();
  BOOST_TEST(log.find("as the-pod " + std::string(f.in_log)) != std::string::npos, log);
  BOOST_TEST(log.find("PUBLISH from the-pod (d0, q" + std::to_string(f.qos) + ", r0") !=
                 std::string::npos,
             log);
}

} // namespace

BOOST_DATA_TEST_CASE(flavours_of_mqtt, boost::unit_test::data::make(flavours), f) {
  check_flavour(f);
}

BOOST_AUTO_TEST_CASE(two_clouds_with_topics_and_formats_of_their_own) {
  mqtt_broker here;
  mqtt_broker far;
  const temporary_directory scratch;
  const auto config =
      write_file(scratch.path() / "monopod.toml",
                 "site = \"s\"\nnode = \"n\"\n[cloud.here]\nhost = \"127.0.0.1\"\nport = " +
                     std::to_string(here.port()) +
                     "\n[cloud.far]\nhost = \"127.0.0.1\"\nport = " + std::to_string(far.port()) +
                     "\nformat = \"flatbuffers\"\n"
                     "topic = \"{cloud}/{site}/{node}/{camera}/{app}\"\n");
  const auto count = std::vector<std::string>{"--count", std::to_string(frames)};
  const auto only = [&](const std::string& topic) {
    return count + std::vector<std::string>{"--topic", topic};
  };
  collector_process from_here(program("collect"), here.port(),
                              only("monopod/s/results/cam/emulator"));
  collector_process from_far(program("collect"), far.port(), only("far/s/n/cam/emulator"));
  // One message as it is on the wire: a FlatBuffer carries its identifier.
  const auto raw_file = scratch.path() / "raw";
  process raw({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(far.port()), "-t", "far/#",
               "-C", "1", "-N"},
              raw_file);
  pod_process pod(program(), {"--config", config.string()});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  camera_process camera(pod.address("cameras"), camera_flags(frames));
  camera.finish();
  for (auto* collector : {&from_here, &from_far}) {
    const auto got = collector->finish(seconds(20));
    BOOST_TEST(got["results"] == frames);
    BOOST_TEST(got["lost"] == 0);
    BOOST_TEST(got["twice"] == 0);
  }
  BOOST_TEST(from_here.keys() == from_far.keys(), boost::test_tools::per_element());
  BOOST_TEST(raw.wait(seconds(10)).value_or(-1) == 0);
  BOOST_TEST(read_file(raw_file).substr(4, 4) == "MPRS");
}

BOOST_AUTO_TEST_CASE(presence_is_retained_and_ends_with_the_node) {
  mqtt_broker broker;
  const auto flags = cloud_at(broker) + std::vector<std::string>{"--site", "here", "--node", "n1"};
  for (const int signal : {SIGKILL, SIGTERM}) {
    pod_process pod(program(), flags);
    BOOST_TEST(eventually([&] { return has_state(broker, "online"); }));
    pod.child().signal(signal);
    BOOST_TEST(pod.child().wait(seconds(10)).value_or(-1) ==
               (signal == SIGKILL ? 128 + SIGKILL : 0));
    BOOST_TEST(eventually([&] { return has_state(broker, "offline"); }));
  }
}

BOOST_AUTO_TEST_CASE(a_broker_that_dies_while_frames_stream_costs_no_result) {
  constexpr int count = 150;
  std::optional<mqtt_broker> broker(std::in_place);
  const auto port = broker->port();
  collector_process collector(program("collect"), port, {"--count", std::to_string(count)});
  pod_process pod(program(), cloud_at(*broker));
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  camera_process camera(pod.address("cameras"), camera_flags(count));
  BOOST_REQUIRE(eventually([&] {
    return pod.metric("monopod_cloud_confirmed_total{cloud=\"local\"}").value_or(0) >= 20;
  }));
  // It hangs with results unconfirmed (20 may be in flight), then dies with them.
  broker->child().signal(SIGSTOP);
  BOOST_REQUIRE(eventually([&] { return outbox(pod) > 25; }));
  broker->child().signal(SIGKILL);
  BOOST_REQUIRE(broker->child().wait(seconds(10)));
  collector.forget_subscription();
  {
    // The pod is held back until the collector is there again: a broker does not keep results for a
    // subscriber that is away.
    const paused hold(pod.child());
    broker.emplace(port);
    BOOST_REQUIRE(eventually([&] { return collector.subscribed(); }));
  }
  const auto sent = camera.finish();
  BOOST_TEST(sent["acknowledged"] == count);
  const auto got = collector.finish(seconds(20));
  BOOST_TEST(got["results"] == count);
  BOOST_TEST(got["lost"] == 0);
  BOOST_TEST(eventually([&] { return outbox(pod) == 0; }));
  BOOST_TEST(pod.metric("monopod_outbox_dropped_total{cloud=\"local\"}").value_or(-1) == 0);
  BOOST_TEST(collector.keys().size() == static_cast<std::size_t>(count));
}

BOOST_AUTO_TEST_CASE(a_broker_may_come_later_than_the_pod) {
  const auto port = free_port();
  pod_process pod(program(),
                  {"--cloud.local.host", "127.0.0.1", "--cloud.local.port", std::to_string(port)});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  camera_process camera(pod.address("cameras"), camera_flags(frames));
  BOOST_TEST(camera.finish()["acknowledged"] == frames);
  BOOST_TEST(outbox(pod) == frames);

  std::optional<paused> hold(pod.child());
  mqtt_broker broker(port);
  collector_process collector(program("collect"), port, {"--count", std::to_string(frames)});
  hold.reset();
  const auto got = collector.finish(seconds(20));
  BOOST_TEST(got["results"] == frames);
  BOOST_TEST(got["twice"] == 0);
  BOOST_TEST(eventually([&] { return outbox(pod) == 0; }));
  BOOST_TEST(pod.log().find("Connection refused") != std::string::npos, pod.log());
}

BOOST_AUTO_TEST_CASE(a_changed_password_file_is_read_at_sighup) {
  const temporary_directory scratch;
  const auto accounts = (scratch.path() / "accounts").string();
  BOOST_REQUIRE(run({"mosquitto_passwd", "-b", "-c", accounts, "node", "right"}).exit_code == 0);
  mqtt_broker broker(0, "allow_anonymous false\npassword_file " + accounts + "\n");
  const auto file = write_file(scratch.path() / "password", "wrong\n");
  const auto only_for_us = [&file] {
    std::filesystem::permissions(file, std::filesystem::perms::owner_read |
                                           std::filesystem::perms::owner_write);
  };
  only_for_us();
  pod_process pod(program(), cloud_at(broker) + std::vector<std::string>{
                                                    "--cloud.local.username", "node",
                                                    "--cloud.local.password_file", file.string(),
                                                    "--cloud.local.reconnect_max_ms", "200"});
  const auto connected = [&] {
    return pod.metric("monopod_cloud_connected{cloud=\"local\"}").value_or(-1);
  };
  BOOST_TEST(eventually([&] {
    return pod.metric("monopod_cloud_connection_attempts_total{cloud=\"local\"}") > 2.0;
  }));
  BOOST_TEST(connected() == 0);
  write_file(file, "right\n");
  only_for_us();
  pod.child().signal(SIGHUP);
  BOOST_TEST(eventually([&] { return connected() == 1; }), pod.log());
  BOOST_TEST(pod.log().find("right") == std::string::npos, pod.log());
}
