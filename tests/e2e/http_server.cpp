// The operator's views: health, status, and metrics through a real Prometheus.
#include "tests/e2e/kit.hpp"
#include "tools/harness/prometheus_server.hpp"

#include <cctype>
#include <cmath>

using namespace monopod::harness;

namespace {

std::vector<std::string> camera_flags(int frames) {
  return {"--frames", std::to_string(frames), "--fps", "20", "--width", "320", "--height", "240"};
}

} // namespace

BOOST_AUTO_TEST_CASE(health_and_errors) {
  // No broker for its results: that makes a pod neither dead nor unready.
  pod_process pod(program(), {"--cloud.local.port", std::to_string(free_port())});
  for (const std::string path : {"/readyz", "/livez", "/startupz"})
    BOOST_TEST(eventually([&] { return pod.get(path) == "ok\n"; }), path);
  BOOST_TEST(http(pod.http_port(), "/").body.find("<html") != std::string::npos);
  BOOST_TEST(http(pod.http_port(), "/nothing").status == 404);
  BOOST_TEST(http(pod.http_port(), "/nothing").body.find("/metrics") != std::string::npos);
  for (const auto* method : {"POST", "PUT", "DELETE"})
    BOOST_TEST(http(pod.http_port(), "/metrics", method).status == 405, method);
}

BOOST_AUTO_TEST_CASE(a_stage_alone_is_live_but_not_ready) {
  const temporary_directory scratch;
  pod_process pod(program(), {"--stages", "gateway", "--link.frames",
                              "ipc://" + (scratch.path() / "frames").string()});
  BOOST_TEST(pod.get("/livez") == "ok\n");
  BOOST_TEST(http(pod.http_port(), "/readyz").status == 503);
  BOOST_TEST(http(pod.http_port(), "/startupz").status == 503);
}

BOOST_AUTO_TEST_CASE(status_is_json) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker) + std::vector<std::string>{"--node", "n1"});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  camera_process camera(pod.address("cameras"), {"--fps", "20", "--name", "gate"});
  const auto status = [&] { return parse_json(pod.get("/api/v1/status")); };
  BOOST_REQUIRE(eventually([&] {
    const auto now = status();
    return now.contains("cameras") && now.at("cameras").at(0).at("settled_seq") >= 5;
  }));
  BOOST_TEST(eventually([&] { return status().at("clouds").at(0).at("confirmed") >= 5; }));
  const auto now = status(); // a text is no number to these comparisons, nor a number true
  BOOST_TEST(now.at("node") == "n1");
  BOOST_TEST(now.at("role") == "primary");
  BOOST_TEST(now.at("epoch") == 1);
  BOOST_TEST(now.at("ready") == true);
  BOOST_TEST(now.at("uptime_s").is_number());
  BOOST_TEST(now.at("stages").size() == 5u);
  BOOST_TEST(now.at("cameras").at(0).at("name") == "gate");
  BOOST_TEST(now.at("apps").at(0).at("name") == "emulator");
  BOOST_TEST(now.at("apps").at(0).at("cameras") == nlohmann::ordered_json::array({"*"}));
  BOOST_TEST(now.at("clouds").at(0).at("connected") == true);
}

BOOST_AUTO_TEST_CASE(promtool_finds_no_fault_in_the_metrics) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker));
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  camera_process camera(pod.address("cameras"), camera_flags(10));
  camera.finish();
  const temporary_directory scratch;
  const auto file = write_file(scratch.path() / "metrics", pod.get("/metrics"));
  const auto checked = run({"sh", "-c", "promtool check metrics < " + file.string()});
  BOOST_TEST(checked.exit_code == 0);
  BOOST_TEST(checked.output == "");
}

BOOST_AUTO_TEST_CASE(prometheus_answers_the_queries_of_the_thesis) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker));
  const prometheus_server prometheus({{"monopod", pod.http_port()}});
  camera_process camera(pod.address("cameras"), {"--fps", "20"});
  double cores = NAN;
  double bytes = NAN;
  BOOST_REQUIRE(eventually(
      [&] {
        cores = prometheus.query("sum(rate(process_cpu_seconds_total{job=\"monopod\"}[5s]))");
        bytes = prometheus.query("sum(process_resident_memory_bytes{job=\"monopod\"})");
        return cores > 0 && bytes > 0;
      },
      seconds(30)));
  BOOST_TEST(cores < 2);
  const auto resident = static_cast<double>(resident_bytes(pod.pid()));
  BOOST_TEST(bytes > resident / 2);
  BOOST_TEST(bytes < resident * 2);
  BOOST_TEST(prometheus.query("up{job=\"monopod\"}") == 1);
  BOOST_TEST(eventually(
      [&] { return prometheus.query("monopod_cloud_confirmed_total{cloud=\"local\"}") > 0; }));
}
