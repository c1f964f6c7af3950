// The experiment's control: gateway, vision application and camera around a real nats-server and a
// real broker, read by Monopod's own consumer.
#include "tests/e2e/control_kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using namespace monopod::harness;

namespace {

constexpr int frames = 100;

std::set<std::string> expected_keys() {
  std::set<std::string> keys;
  for (const auto* camera : {"cam-1/", "cam-2/"})
    for (int seq = 1; seq <= frames; ++seq)
      keys.insert(camera + std::to_string(seq) + "/emulator");
  return keys;
}

} // namespace

BOOST_DATA_TEST_CASE(every_result_once_in_order,
                     boost::unit_test::data::make({"", "--vei-encoding"}), flag) {
  control c(std::string(flag).empty() ? std::vector<std::string>{}
                                      : std::vector<std::string>{flag});
  collector_process collector(program("collect"), c.broker.port(),
                              {"--count", std::to_string(2 * frames)});
  const auto camera =
      run(c.camera_flags(100) + std::vector<std::string>{"--frames", std::to_string(frames)});
  BOOST_TEST(camera.exit_code == 0, camera.output);
  BOOST_TEST(report(camera.output)["sent"] == 2 * frames);
  const auto got = collector.finish(seconds(20));
  check_each_once_in_order(got, 2 * frames);
  BOOST_TEST(collector.keys() == expected_keys(), boost::test_tools::per_element());
  BOOST_TEST(got["publish_ms.p50"] > 0);
  BOOST_TEST(c.vision->child().terminate() == 0, c.vision->log());
  BOOST_TEST(c.gateway.child().terminate() == 0, c.gateway.log());
}

BOOST_AUTO_TEST_CASE(whatever_is_killed_comes_back) {
  control c;
  collector_process collector(program("collect"), c.broker.port(), {});
  process camera(c.camera_flags(50), "/dev/null");
  const auto flows = [&] {
    const auto before = lines(collector.csv());
    return eventually([&] { return lines(collector.csv()) > before + 20; }, seconds(30));
  };
  BOOST_TEST_REQUIRE(flows());

  c.vision->child().signal(SIGKILL);
  c.vision = std::make_unique<control_process>(c.vision_flags());
  BOOST_TEST(flows(), c.gateway.log());

  c.nats.stop();
  c.nats.start();
  BOOST_TEST(flows(), c.gateway.log());

  camera.signal(SIGTERM);
  BOOST_TEST(camera.wait(seconds(20)).value_or(-1) == 0);
  BOOST_TEST(c.vision->child().terminate() == 0, c.vision->log());
  BOOST_TEST(c.gateway.child().terminate() == 0, c.gateway.log());
}

// Found as a crash: a call opened, on the queue's thread, before its stream had been stored.
BOOST_AUTO_TEST_CASE(an_application_of_many_cameras_gets_ready) {
  control c;
  std::vector<std::string> flags{"vision", "--gateway", c.address()};
  for (int camera = 1; camera <= 256; ++camera)
    flags.insert(flags.end(), {"--camera", "cam-" + std::to_string(camera)});
  for (int start = 0; start < 10; ++start) {
    control_process application(flags);
    BOOST_TEST(application.child().terminate() == 0, application.log());
  }
}

BOOST_AUTO_TEST_CASE(clients_outlive_their_gateway) {
  control c;
  collector_process collector(program("collect"), c.broker.port(), {});
  process camera(c.camera_flags(50) + std::vector<std::string>{"--frames", "300"}, "/dev/null");
  BOOST_TEST_REQUIRE(eventually([&] { return lines(collector.csv()) > 20; }));
  c.gateway.child().signal(SIGKILL);
  c.gateway.child().wait(seconds(5));
  const control_process second({"gateway", "--listen", c.address(), "--nats", c.nats.url(),
                                "--cloud", "127.0.0.1:" + std::to_string(c.broker.port())});
  const auto before = lines(collector.csv());
  BOOST_TEST(eventually([&] { return lines(collector.csv()) > before + 100; }, seconds(30)),
             c.vision->log());
  camera.wait(seconds(20));
}

// Found as an abort: a call that was broken off started its last operation on a queue that was shut
// down.
BOOST_AUTO_TEST_CASE(a_gateway_stops_in_order_with_connected_clients) {
  for (int stop = 0; stop < 5; ++stop) {
    control c;
    collector_process collector(program("collect"), c.broker.port(), {});
    process camera(c.camera_flags(50), "/dev/null");
    BOOST_TEST_REQUIRE(eventually([&] { return lines(collector.csv()) > 5; }), c.gateway.log());
    BOOST_TEST(c.gateway.child().terminate() == 0, c.gateway.log());
    camera.signal(SIGKILL);
  }
}

BOOST_AUTO_TEST_CASE(health_and_metrics_are_served) {
  mqtt_broker broker;
  const auto metrics = free_port();
  const auto address = "127.0.0.1:" + std::to_string(free_port());
  const auto healthy = [&](const std::vector<std::string>& flags) {
    return run(std::vector<std::string>{program("control"), "health", address} + flags).exit_code;
  };
  BOOST_TEST(healthy({}) == 1);
  restarted_nats nats;
  control_process gateway({"gateway", "--listen", address, "--nats", nats.url(), "--cloud",
                           "127.0.0.1:" + std::to_string(broker.port()), "--metrics",
                           "127.0.0.1:" + std::to_string(metrics)});
  BOOST_TEST(healthy({}) == 0);
  BOOST_TEST(healthy({"--service", "VEIv1_0.VEIv1_0"}) == 0);
  BOOST_TEST(holds(http(metrics, "/metrics").body, "process_cpu_seconds_total "));
  BOOST_TEST(holds(http(metrics, "/metrics").body, "process_resident_memory_bytes "));
  nats.stop();
  BOOST_TEST(eventually([&] { return healthy({"--service", "VEIv1_0.VEIv1_0"}) == 1; }));
  BOOST_TEST(healthy({}) == 0);
}

namespace {

struct call {
  std::vector<std::string> flags;
  int exit_code;
  const char* says;
};
std::ostream& operator<<(std::ostream& out, const call& c) {
  for (const auto& flag : c.flags)
    out << flag << " ";
  return out;
}

const std::vector<call> calls{
    {{}, 2, "--help"},
    {{"--help"}, 0, "gateway"},
    {{"--version"}, 0, "0."},
    {{"gateway", "--help"}, 0, "--vei-encoding"},
    {{"gateway", "--help"}, 0, "--queues-without-bound"},
    {{"gateway", "--help"}, 0, "--default-keepalive"},
    {{"vision", "--help"}, 0, "--default-keepalive"},
    {{"camera", "--help"}, 0, "--default-keepalive"},
    {{"vision", "--help"}, 0, "--service_ms"},
    {{"vision", "--help"}, 0, "--call-per-frame"},
    {{"camera", "--help"}, 0, "--average-bytes"},
    {{"health", "--help"}, 0, "--service"},
    {{"vision"}, 2, "--camera"},
    {{"vision", "--camera", "a/b"}, 2, "A-Z a-z 0-9"},
    {{"vision", "--camera", "a", "--service_ms", "-1"}, 2, "60000"},
    {{"vision", "--camera", "a", "--work", "some"}, 2, "cpu"},
    {{"gateway", "--site", "a/b"}, 2, "--site"},
    {{"gateway", "--qos", "3"}, 2, "--qos"},
    {{"gateway", "--qos", "0", "--answers-after-cloud"}, 2, "use --qos 1 or 2"},
    {{"gateway", "--cloud", "nonsense"}, 1, "--cloud HOST:PORT"},
    {{"gateway", "--listen", "127.0.0.1:0", "--nats", "!"}, 1, "--nats nats://HOST:PORT"},
    {{"gateway", "--listen", "256.0.0.1:1"}, 1, "set --listen to a free HOST:PORT"},
    {{"camera", "--source", "/no/file"}, 1, "name a video file, or 'synthetic'"},
    {{"camera", "--gateway", "127.0.0.1:1", "--frames", "1", "--drain-s", "0.1"},
     1,
     "is a gateway running at 127.0.0.1:1?"},
};

} // namespace

BOOST_DATA_TEST_CASE(exit_codes_and_remedies, boost::unit_test::data::make(calls), c) {
  const auto ended = run(std::vector<std::string>{program("control")} + c.flags);
  BOOST_TEST(ended.exit_code == c.exit_code, ended.output);
  BOOST_TEST(holds(ended.output, c.says), ended.output);
}
