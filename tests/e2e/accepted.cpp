// With broker.ack = accepted a pod that is killed loses what it had acknowledged and not settled:
// its camera counts that, and says so.
#include "tests/e2e/kit.hpp"

using namespace monopod::harness;

BOOST_AUTO_TEST_CASE(what_was_acknowledged_and_lost_is_in_the_camera_s_report) {
  const temporary_directory scratch;
  const mqtt_broker broker;
  const auto cameras = "ipc://" + (scratch.path() / "cameras").string();
  const auto ledger = (scratch.path() / "ledger").string();
  const auto start = [&] {
    // A slow application: acknowledged frames wait for it.
    return std::make_unique<pod_process>(
        program(), cloud_at(broker) + std::vector<std::string>{
                                          "--gateway.listen", cameras, "--broker.ack", "accepted",
                                          "--ledger.durability", "disk", "--ledger.directory",
                                          ledger, "--vision.emulator.service_ms", "100"});
  };
  auto pod = start();
  camera_process camera(cameras, {"--cameras", "2", "--frames", "40", "--fps", "20", "--width",
                                  "160", "--height", "120", "--average-bytes", "2000"});
  // Ten frames a second leave the application, of the forty that arrive.
  BOOST_REQUIRE(eventually([&] {
    return pod->metric("monopod_camera_frames_total{camera=\"cam-1\"}").value_or(0) >= 15;
  }));
  pod->child().signal(SIGKILL);
  pod->child().wait(seconds(10));
  pod = start();
  const auto sent = camera.finish();
  BOOST_TEST(sent["lost"] > 0, camera.output());
  BOOST_TEST(sent["acknowledged"] == sent["frames"]);
}
