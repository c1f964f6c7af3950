// A group of real pods: what the cloud gets when one of them goes.
#include "tests/e2e/group.hpp"

using namespace monopod::harness;

namespace {

const std::vector<std::string> three{"a", "b", "c"};

// Cameras at a group, and what came of their frames.
class load {
public:
  load(const group_of& group, const mqtt_broker& broker)
      : results_(program("collect"), broker.port(),
                 {"--from-start", "--count", std::to_string(cameras * frames)}),
        camera_(group.servers("cameras"),
                {"--name", "cam", "--cameras", std::to_string(cameras), "--frames",
                 std::to_string(frames), "--fps", "100", "--width", "160", "--height", "120"}) {}

  void check() {
    const auto sent = camera_.finish();
    BOOST_TEST(sent["sent"] == cameras * frames);
    BOOST_TEST(sent["acknowledged"] == cameras * frames);
    const auto got = results_.finish(seconds(20));
    BOOST_TEST(got["results"] == cameras * frames);
    BOOST_TEST(got["lost"] == 0);
  }

  /// Until so many results came.
  void wait_for(group_of& group, const std::string& primary, double results) {
    BOOST_REQUIRE(eventually([&] {
      return group.at(primary)
                 .metric("monopod_cloud_published_total{cloud=\"local\"}")
                 .value_or(0) >= results;
    }));
  }

private:
  static constexpr int cameras = 3;
  static constexpr int frames = 300;
  collector_process results_;
  camera_process camera_;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_group_serves_and_a_killed_primary_is_followed_by_a_backup) {
  mqtt_broker broker;
  group_of group(three, cloud_at(broker));
  const auto first = group.primary(3);
  load l(group, broker);
  l.wait_for(group, first, 200);
  group.kill(first);
  const auto second = group.primary(2);
  BOOST_TEST_MESSAGE("outage " << group.status(second).at("group").at("last_outage_ms") << " ms");
  l.check();
  group.start(first);
  BOOST_TEST(group.primary(3) == second);
}

BOOST_AUTO_TEST_CASE(at_sigterm_a_primary_hands_over) {
  mqtt_broker broker;
  group_of group(three, cloud_at(broker));
  const auto first = group.primary(3);
  load l(group, broker);
  l.wait_for(group, first, 200);
  BOOST_TEST(group.terminate(first) == 0);
  const auto second = group.primary(2);
  BOOST_TEST_MESSAGE("outage " << group.status(second).at("group").at("last_outage_ms") << " ms");
  l.check();
}

BOOST_AUTO_TEST_CASE(a_primary_that_stood_still_does_not_act_again_in_its_epoch) {
  mqtt_broker broker;
  group_of group(three, cloud_at(broker));
  const auto first = group.primary(3);
  load l(group, broker);
  l.wait_for(group, first, 200);
  {
    const paused still(group.at(first).child());
    std::string second;
    BOOST_REQUIRE(eventually([&] {
      for (const auto& name : three)
        if (name != first && group.serves(name))
          second = name;
      return !second.empty();
    }));
  }
  l.check();
  BOOST_TEST(group.primary(3) != first);
}

BOOST_AUTO_TEST_CASE(two_replicas_and_a_witness_fail_over) {
  mqtt_broker broker;
  group_of group({"a", "b", "w"}, cloud_at(broker));
  const auto first = group.primary(2);
  load l(group, broker);
  l.wait_for(group, first, 200);
  group.kill(first);
  BOOST_TEST(group.primary(1) != first);
  l.check();
}

// The camera has all of its acknowledgements, ends, and then the primary is killed: two runs of it,
// one behind the other, while the application is far behind.
BOOST_AUTO_TEST_CASE(frames_acknowledged_as_replicated_outlive_their_camera_and_the_primary) {
  constexpr int frames = 20;
  mqtt_broker broker;
  group_of group(three,
                 cloud_at(broker) + std::vector<std::string>{"--broker.ack", "replicated",
                                                             "--vision.emulator.service_ms", "50"});
  const auto first = group.primary(3);
  collector_process results(program("collect"), broker.port(),
                            {"--from-start", "--count", std::to_string(2 * frames)});
  for (int run = 0; run < 2; ++run) {
    camera_process camera(group.servers("cameras"),
                          {"--name", "cam", "--frames", std::to_string(frames), "--fps", "200",
                           "--average-bytes", "100000"});
    BOOST_TEST(camera.finish()["acknowledged"] == frames);
  }
  BOOST_TEST(group.at(first).metric("monopod_cloud_published_total{cloud=\"local\"}").value_or(0) <
             2 * frames - 5);
  group.kill(first);
  const auto got = results.finish(seconds(20));
  BOOST_TEST(got["results"] == 2 * frames);
  BOOST_TEST(got["lost"] == 0);
}

// More than one message can carry.
BOOST_AUTO_TEST_CASE(a_fresh_backup_gets_a_large_outbox) {
  constexpr int frames = 2000;
  const auto port = free_port(); // no cloud yet
  group_of group(
      three, {"--cloud.local.port", std::to_string(port), "--cloud.local.reconnect_max_ms", "200"});
  const auto first = group.primary(3);
  camera_process camera(group.servers("cameras"),
                        {"--name", "cam", "--frames", std::to_string(frames), "--fps", "1000",
                         "--width", "160", "--height", "120"});
  BOOST_TEST(camera.finish()["acknowledged"] == frames);
  const std::string backup = first == "a" ? "b" : "a";
  const std::string other = first == "c" ? "b" : "c";
  group.kill(backup);
  BOOST_TEST(group.primary(2) == first);
  group.start(backup);
  BOOST_TEST(group.primary(3) == first);
  group.kill(first);
  group.kill(other);
  mqtt_broker broker(port);
  collector_process results(program("collect"), port,
                            {"--from-start", "--count", std::to_string(frames)});
  group.start(other); // the one that is left has all of it, and needs another vote
  const auto got = results.finish(seconds(20));
  BOOST_TEST(got["results"] == frames);
  BOOST_TEST(got["lost"] == 0);
}

BOOST_AUTO_TEST_CASE(a_node_of_another_group_is_refused) {
  mqtt_broker broker;
  group_of group(three, cloud_at(broker));
  const auto first = group.primary(3);
  const auto* other = first == "a" ? "b" : "a";
  group.kill(other);
  group.start(other, {"--group.name", "another"}); // its own members are not there
  BOOST_TEST(eventually(
      [&] { return group.at(first).metric("monopod_group_strangers_total").value_or(0) > 0; }));
  BOOST_TEST(group.primary(2) == first);
  group.kill(other);
  group.start(other);
  BOOST_TEST(group.primary(3) == first);
}
