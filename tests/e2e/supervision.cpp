// Stages that fail in a running pod, while a camera publishes: nothing is lost, nothing comes
// twice.
#include "core/percentiles.hpp"
#include "tests/e2e/kit.hpp"

#include <algorithm>
#include <iostream>
#include <regex>

using namespace monopod::harness;

namespace {

// Sanitizers slow everything down.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double restart_bound_ms = 200;
#else
constexpr double restart_bound_ms = 20;
#endif

finished kill_stage(const pod_process& pod, const std::string& name) {
  return run({program(), "debug", "kill-stage", name, "--address", pod.address("http")});
}

double restarts(const pod_process& pod, const std::string& stage) {
  return pod.metric("monopod_stage_restarts_total{stage=\"" + stage + "\"}").value_or(-1);
}

// From the log: failure to being attached again.
std::vector<double> restart_times_ms(const std::string& log) {
  static const std::regex line("restart_ms=([0-9.e+-]+)");
  std::vector<double> all;
  for (std::sregex_iterator at(log.begin(), log.end(), line), end; at != end; ++at)
    all.push_back(std::stod((*at)[1]));
  return all;
}

const std::vector<std::string> debugging{"--enable-debug"};
const std::vector<std::string> two_visions{
    "--vision.near.service_ms", "1",   "--vision.far.own_thread", "true",
    "--vision.far.work",        "cpu", "--vision.far.service_ms", "1"};

} // namespace

BOOST_AUTO_TEST_CASE(every_stage_may_fail_while_a_camera_publishes) {
  mqtt_broker broker;
  const std::vector<std::string> victims{"gateway",     "broker",     "ledger",
                                         "vision.near", "vision.far", "cloud"};
  constexpr int rounds = 3;
  pod_process pod(program(), cloud_at(broker) + debugging + two_visions);
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  collector_process collector(program("collect"), broker.port(), {});
  camera_process camera(pod.address("cameras"),
                        {"--fps", "50", "--width", "320", "--height", "240"});
  const auto confirmed = [&] {
    return pod.metric("monopod_cloud_confirmed_total{cloud=\"local\"}").value_or(0);
  };
  BOOST_REQUIRE(eventually([&] { return confirmed() >= 10; }));
  for (int round = 1; round <= rounds; ++round)
    for (const auto& stage : victims) {
      const auto killed = kill_stage(pod, stage);
      BOOST_TEST(killed.exit_code == 0, killed.output);
      BOOST_TEST(eventually([&] { return restarts(pod, stage) == round; }), stage);
      const auto before = confirmed(); // results go on before the next one fails
      BOOST_TEST(eventually([&] { return confirmed() >= before + 10; }), stage);
    }
  camera.child().signal(SIGTERM);
  const auto sent = camera.finish();
  BOOST_TEST(sent["acknowledged"] == sent["frames"]);
  BOOST_TEST(sent["frames"] >= 5 * rounds * static_cast<double>(victims.size()));
  const auto status = parse_json(pod.get("/api/v1/status"));
  for (const auto& stage : status.at("stage_states"))
    BOOST_TEST(stage.at("restarts") == rounds, stage.at("name"));
  BOOST_TEST(pod.child().terminate() == 0, pod.log());
  const auto got = collector.finish(seconds(1));
  BOOST_TEST(got["results"] == 2 * sent["frames"]);
  BOOST_TEST(got["lost"] == 0);
  BOOST_TEST(got["malformed"] == 0);

  // The median: on a machine that is busy with something else, a single one says little about us.
  const auto times = restart_times_ms(pod.log());
  BOOST_TEST_REQUIRE(times.size() == rounds * victims.size());
  const auto median = monopod::percentile(times, 50);
  std::cout << "restart_ms of " << times.size() << " failures: median " << median << ", at most "
            << monopod::percentile(times, 100) << "\n";
  BOOST_TEST(median <= restart_bound_ms);
}

// Gateway, broker, application and cloud stage in processes of their own, joined by TCP: nobody is
// told of a restart but by the conversation itself.
BOOST_AUTO_TEST_CASE(stages_of_other_processes_find_the_restarted_one) {
  mqtt_broker mqtt;
  const std::string any = "tcp://127.0.0.1:0";
  pod_process broker(
      program(), debugging + std::vector<std::string>{"--stages", "broker", "--link.frames", any,
                                                      "--link.apps", any, "--link.results", any});
  pod_process gateway(program(),
                      debugging + std::vector<std::string>{"--stages", "gateway", "--link.frames",
                                                           broker.address("frames")});
  pod_process cloud(program(), cloud_at(mqtt) + debugging +
                                   std::vector<std::string>{"--stages", "cloud", "--link.results",
                                                            broker.address("results")});
  const temporary_directory scratch;
  process app({program("app"), "--server", broker.address("applications"), "--name", "motion",
               "--policy", "every"},
              scratch.path() / "app");
  BOOST_REQUIRE(eventually([&] {
    return gateway.ready() && cloud.ready() &&
           broker.get("/api/v1/status").find("\"motion\"") != std::string::npos;
  }));
  collector_process collector(program("collect"), mqtt.port(), {});
  camera_process camera(gateway.address("cameras"),
                        {"--fps", "50", "--width", "320", "--height", "240"});
  const auto confirmed = [&] {
    return cloud.metric("monopod_cloud_confirmed_total{cloud=\"local\"}").value_or(0);
  };
  BOOST_REQUIRE(eventually([&] { return confirmed() >= 5; }));
  for (int round = 1; round <= 2; ++round)
    for (const auto& [pod, stage] : {std::pair{&gateway, "gateway"},
                                     {&broker, "broker"},
                                     {&broker, "ledger"},
                                     {&cloud, "cloud"}}) {
      BOOST_TEST(kill_stage(*pod, stage).exit_code == 0);
      BOOST_TEST(eventually([&, p = pod, s = stage] { return restarts(*p, s) == round; }), stage);
      const auto before = confirmed();
      BOOST_TEST(eventually([&] { return confirmed() >= before + 5; }), stage);
    }
  camera.child().signal(SIGTERM);
  const auto sent = camera.finish();
  BOOST_TEST(sent["acknowledged"] == sent["frames"]);
  BOOST_TEST(eventually(
      [&] { return broker.metric("monopod_outbox_entries{cloud=\"local\"}").value_or(-1) == 0; }));
  const auto got = collector.finish(std::chrono::milliseconds(100));
  BOOST_TEST(got["results"] == sent["frames"]);
  BOOST_TEST(got["lost"] == 0);
}

BOOST_AUTO_TEST_CASE(a_stage_that_keeps_failing_ends_the_process) {
  pod_process pod(program(), {"--cloud.local.port", std::to_string(free_port()), "--enable-debug"});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  for (int i = 1; i <= 5; ++i) {
    BOOST_TEST(kill_stage(pod, "broker").exit_code == 0);
    BOOST_TEST(eventually([&] { return restarts(pod, "broker") == i; }));
  }
  BOOST_TEST(kill_stage(pod, "broker").exit_code == 0);
  BOOST_TEST(pod.child().wait(seconds(5)).value_or(-1) == 1);
  BOOST_TEST(pod.log().find("stage failed too often: the process ends\" failed=broker") !=
                 std::string::npos,
             pod.log());
}

BOOST_AUTO_TEST_CASE(only_a_pod_that_allows_it_lets_stages_be_killed) {
  pod_process pod(program(), {"--cloud.local.port", std::to_string(free_port())});
  const auto refused = kill_stage(pod, "gateway");
  BOOST_TEST(refused.exit_code == 1);
  BOOST_TEST(refused.output.find("start the pod with --enable-debug") != std::string::npos);
  BOOST_TEST(http(pod.http_port(), "/debug/kill-stage?name=gateway", "POST").status == 403);
  BOOST_TEST(restarts(pod, "gateway") == 0);

  pod_process open(program(),
                   {"--cloud.local.port", std::to_string(free_port()), "--enable-debug"});
  const auto unknown = kill_stage(open, "cellar");
  BOOST_TEST(unknown.exit_code == 1);
  BOOST_TEST(unknown.output.find("no such stage: name one of gateway") != std::string::npos,
             unknown.output);
}
