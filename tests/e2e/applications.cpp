// Applications in processes of their own: policies, crashes and hangs, over a real pod and broker.
#include "tests/e2e/kit.hpp"

using namespace monopod::harness;

namespace {

// A monopod-app at a pod.
class app_process {
public:
  app_process(const pod_process& pod, const std::vector<std::string>& flags)
      : process_(std::vector<std::string>{program("app"), "--server", pod.address("applications"),
                                          "--json", "--quiet"} +
                     flags,
                 directory_.path() / "output") {}

  process& child() { return process_; }
  report finish() {
    BOOST_TEST(process_.terminate() == 0, read_file(directory_.path() / "output"));
    return report(read_file(directory_.path() / "output"));
  }

private:
  temporary_directory directory_;
  process process_;
};

// Waits until the pod knows so many applications, its own emulator among them.
void wait_for_apps(const pod_process& pod, std::size_t count) {
  BOOST_REQUIRE(
      eventually([&] { return parse_json(pod.get("/api/v1/status")).at("apps").size() == count; }));
}

std::vector<std::string> camera(int frames, int fps, const std::string& name = "cam") {
  return {"--name",   name,
          "--frames", std::to_string(frames),
          "--fps",    std::to_string(fps),
          "--width",  "160",
          "--height", "120",
          "--window", "400"};
}

std::vector<std::string> collecting(int count) {
  return {"--from-start", "--count", std::to_string(count)};
}

double results_of(const pod_process& pod, const std::string& app) {
  return pod.metric("monopod_app_results_total{app=\"" + app + "\"}").value_or(0);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_real_application_gets_every_frame_and_its_detections_reach_the_cloud) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker));
  collector_process results(program("collect"), broker.port(), collecting(120));
  app_process app(pod, {"--name", "motion", "--policy", "every", "--cameras", "cam*"});
  wait_for_apps(pod, 2);
  camera_process sender(pod.address("cameras"), camera(60, 30));
  BOOST_TEST(sender.finish()["acknowledged"] == 60);
  const auto seen = app.finish();
  BOOST_TEST(seen["answers"] == 60);
  BOOST_TEST(seen["undecodable"] == 0);
  BOOST_TEST(seen["motion"] > 0); // the drawn street has walking figures
  BOOST_TEST(seen["refused"] == 0);
  const auto got = results.finish(seconds(30)); // of the emulator, too
  BOOST_TEST(got["lost"] == 0);
  BOOST_TEST(got["twice"] == 0);
  BOOST_TEST(got["out_of_order"] == 0);
}

// The camera waits for an application with policy `every` that dies, and goes on when it is back.
BOOST_AUTO_TEST_CASE(an_application_that_crashes_and_comes_back_loses_nothing) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker));
  collector_process results(program("collect"), broker.port(), collecting(300));
  const std::vector<std::string> flags{"--name", "motion", "--policy", "every", "--credit", "8"};
  auto first = std::make_unique<app_process>(pod, flags);
  wait_for_apps(pod, 2);
  camera_process sender(pod.address("cameras"), camera(150, 50));
  BOOST_REQUIRE(eventually([&] { return results_of(pod, "motion") >= 20; }));
  first->child().signal(SIGKILL);
  first->child().wait(seconds(5));
  app_process second(pod, flags);
  BOOST_TEST(sender.finish()["acknowledged"] == 150);
  BOOST_TEST(results_of(pod, "motion") == 150);
  const auto got = results.finish(seconds(30));
  BOOST_TEST(got["lost"] == 0);
  BOOST_TEST(got["out_of_order"] == 0);
  BOOST_TEST(second.finish()["refused"] == 0);
}

// One that hangs with policy `latest` costs nobody anything, and sees the newest when it goes on.
BOOST_AUTO_TEST_CASE(an_application_that_hangs_under_latest_disturbs_nobody) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker));
  app_process app(pod, {"--name", "slow", "--policy", "latest"});
  wait_for_apps(pod, 2);
  {
    const paused hanging(app.child());
    camera_process sender(pod.address("cameras"), camera(200, 100));
    BOOST_TEST(sender.finish()["acknowledged"] == 200);
    BOOST_TEST(results_of(pod, "emulator") == 200);
    BOOST_TEST(results_of(pod, "slow") == 0);
  }
  BOOST_TEST(eventually([&] { return results_of(pod, "slow") >= 3; })); // its credit, then the slot
  const auto seen = app.finish();
  BOOST_TEST(seen["answers"] <= 5);
  BOOST_TEST(seen["skipped"] >= 190);
  BOOST_TEST(
      pod.metric("monopod_app_frames_skipped_total{app=\"slow\",reason=\"newer\"}").value_or(0) >=
      190);
}

// One with policy `every` that does not come back is forgotten: the camera waits no longer.
BOOST_AUTO_TEST_CASE(an_application_that_stays_away_is_forgotten) {
  mqtt_broker broker;
  pod_process pod(program(),
                  cloud_at(broker) + std::vector<std::string>{"--broker.app_timeout_s=2"});
  app_process app(pod, {"--name", "motion", "--policy", "every", "--credit", "8"});
  wait_for_apps(pod, 2);
  {
    const paused hanging(app.child());
    camera_process sender(pod.address("cameras"), camera(100, 50));
    BOOST_TEST(sender.finish()["acknowledged"] == 100);
    BOOST_TEST(results_of(pod, "motion") == 0);
    BOOST_TEST(results_of(pod, "emulator") == 100);
    BOOST_TEST(pod.metric("monopod_app_frames_given_up_total").value_or(0) > 0);
    wait_for_apps(pod, 1);
  }
  wait_for_apps(pod, 2); // it attaches anew by itself
  camera_process sender(pod.address("cameras"), camera(20, 50, "other"));
  BOOST_TEST(sender.finish()["acknowledged"] == 20);
  BOOST_TEST(results_of(pod, "motion") >= 20);
}

// A pause of the whole pod is nobody's silence: no application is forgotten for it.
BOOST_AUTO_TEST_CASE(a_pod_that_was_stopped_forgets_nobody) {
  mqtt_broker broker;
  pod_process pod(program(),
                  cloud_at(broker) + std::vector<std::string>{"--broker.app_timeout_s=2"});
  app_process app(pod, {"--name", "motion", "--policy", "every"});
  wait_for_apps(pod, 2);
  {
    const paused stopped(pod.child());
    pause_ms(4000); // it is the time itself that is tested
  }
  camera_process sender(pod.address("cameras"), camera(20, 50));
  BOOST_TEST(sender.finish()["acknowledged"] == 20);
  BOOST_TEST(results_of(pod, "motion") == 20);
  BOOST_TEST(
      pod.metric("monopod_app_frames_skipped_total{app=\"motion\",reason=\"gone\"}").value_or(0) ==
      0);
}
