// Clouds that want TLS and a certificate of ours, as AWS IoT Core does: a mosquitto with
// require_certificate, and certificates made here.
#include "tests/authority.hpp"
#include "tests/e2e/kit.hpp"

using namespace monopod::harness;

namespace {

struct fixture {
  fixture() {
    ours.sign("localhost");
    ours.sign("node-1");
    broker = std::make_unique<mqtt_broker>(
        0, "cafile " + ours.path("ca.pem") + "\ncertfile " + ours.path("localhost.pem") +
               "\nkeyfile " + ours.path("localhost.key") + "\nrequire_certificate true\nlistener " +
               std::to_string(plain_port) + " 127.0.0.1\nallow_anonymous true\n");
  }
  std::vector<std::string> flags(const std::vector<std::string>& more,
                                 const std::string& host = "localhost") const {
    return std::vector<std::string>{"--cloud.local.host",
                                    host,
                                    "--cloud.local.port",
                                    std::to_string(broker->port()),
                                    "--cloud.local.tls",
                                    "true",
                                    "--cloud.local.reconnect_max_ms",
                                    "200"} +
           more;
  }
  std::vector<std::string> our_certificate() const {
    return {"--cloud.local.cert_file", ours.path("node-1.pem"), "--cloud.local.key_file",
            ours.path("node-1.key")};
  }
  // Turns away connection after connection, and says why.
  void check_refused(const std::vector<std::string>& more,
                     const std::string& host = "localhost") const {
    const pod_process pod(program(), flags(more, host));
    BOOST_TEST(eventually([&] {
      return pod.metric("monopod_cloud_connection_attempts_total{cloud=\"local\"}") > 2.0;
    }));
    BOOST_TEST(pod.metric("monopod_cloud_connected{cloud=\"local\"}").value_or(1) == 0);
    BOOST_TEST(pod.log().find("cloud not connected") != std::string::npos);
  }

  authority ours;
  authority strangers;
  std::uint16_t plain_port = free_port(); // for the consumer
  std::unique_ptr<mqtt_broker> broker;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(results_reach_a_cloud_that_wants_our_certificate, fixture) {
  constexpr int frames = 30;
  collector_process collector(program("collect"), plain_port,
                              {"--count", std::to_string(frames), "--from-start"});
  const std::vector<std::string> trust{"--cloud.local.ca_file",  ours.path("ca.pem"),
                                       "--cloud.local.alpn",     "x-amzn-mqtt-ca",
                                       "--cloud.local.expiry_s", "60"};
  const pod_process pod(program(), flags(our_certificate() + trust));
  camera_process camera(pod.address("cameras"), {"--frames", std::to_string(frames), "--fps", "30",
                                                 "--width", "160", "--height", "120"});
  camera.finish();
  const auto got = collector.finish(seconds(20));
  BOOST_TEST(got["results"] == frames);
  BOOST_TEST(got["lost"] == 0);
  BOOST_TEST(got["twice"] == 0);
}

BOOST_FIXTURE_TEST_CASE(strangers_are_refused_on_both_sides, fixture) {
  check_refused({"--cloud.local.ca_file", ours.path("ca.pem")}); // no certificate of ours
  check_refused(our_certificate() +
                std::vector<std::string>{"--cloud.local.ca_file", strangers.path("ca.pem")});
  check_refused(our_certificate() + // signed for localhost, not for this address
                    std::vector<std::string>{"--cloud.local.ca_file", ours.path("ca.pem")},
                "127.0.0.1");
}
