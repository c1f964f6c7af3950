// The detector over a real pod and broker, in a process of its own and as the pod's plug-in: what
// it sees arrives.
#include "tests/e2e/kit.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

using namespace monopod::harness;

namespace {

// A file of Motion JPEG with the photographs of tests/pictures, each so many times.
std::filesystem::path film(const temporary_directory& folder, int times) {
  std::string all;
  for (const auto* name : {"astronaut.jpg", "chelsea.jpg"})
    for (int i = 0; i < times; ++i)
      all += read_file(std::filesystem::path(MONOPOD_SOURCE_DIR) / "tests/pictures" / name);
  return write_file(folder.path() / "film.mjpeg", all);
}

// A monopod-detect at a pod.
class detect_process {
public:
  detect_process(const pod_process& pod, const std::vector<std::string>& flags)
      : process_(std::vector<std::string>{program("detect"), "--server",
                                          pod.address("applications"), "--json", "--quiet"} +
                     flags,
                 directory_.path() / "output") {}

  nlohmann::json finish() {
    BOOST_TEST(process_.terminate() == 0, output());
    return parse_json(output());
  }
  std::string output() const { return read_file(directory_.path() / "output"); }

private:
  temporary_directory directory_;
  process process_;
};

} // namespace

BOOST_AUTO_TEST_CASE(what_the_detector_finds_reaches_the_cloud) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker));
  collector_process results(
      program("collect"), broker.port(),
      {"--from-start", "--count", "10", "--topic", "monopod/+/results/+/eye"});
  detect_process detector(pod, {"--policy", "every", "--name", "eye"});
  BOOST_REQUIRE(eventually(
      [&] {
        const auto apps = parse_json(pod.get("/api/v1/status")).at("apps");
        return std::ranges::any_of(apps, [](const auto& a) { return a.at("name") == "eye"; });
      },
      seconds(60)));
  const temporary_directory folder;
  camera_process sender(pod.address("cameras"),
                        {"--name", "gate", "--source", film(folder, 5).string(), "--fps", "20"});
  BOOST_TEST(sender.finish()["acknowledged"] == 10);
  const auto seen = detector.finish();
  BOOST_TEST(seen.at("answers") == 10);
  BOOST_TEST(seen.at("undecodable") == 0);
  BOOST_TEST(seen.at("damaged") == 0);
  BOOST_TEST(seen.at("frames_with").at("person") == 5);
  BOOST_TEST(seen.at("frames_with").at("cat") == 5);
  BOOST_TEST(seen.at("tracks") == 2);
  const auto got = results.finish(seconds(30));
  BOOST_TEST(got["lost"] == 0);
  BOOST_TEST(got["twice"] == 0);
}

BOOST_AUTO_TEST_CASE(what_the_plug_in_finds_reaches_the_cloud) {
  mqtt_broker broker(0, "log_type all\n");
  const temporary_directory folder;
  process consumer({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-q",
                    "1", "-t", "monopod/+/results/#"},
                   folder.path() / "results");
  wait_for_watcher(broker);
  pod_process pod(program(), cloud_at(broker) + std::vector<std::string>{"--vision.people.plugin",
                                                                         "monopod-nanodet",
                                                                         "--vision.people.options",
                                                                         "classes=person+cat"});
  camera_process sender(pod.address("cameras"),
                        {"--name", "gate", "--source", film(folder, 3).string(), "--fps", "10"});
  BOOST_TEST(sender.finish()["acknowledged"] == 6);
  std::vector<std::string> found;
  const auto read = [&] {
    found.clear();
    std::ifstream lines(folder.path() / "results");
    for (std::string line; std::getline(lines, line);) {
      const auto result = parse_json(line);
      BOOST_TEST(result.at("app") == "people");
      for (const auto& d : result.at("inference").at("detections"))
        found.push_back(d.at("label").get<std::string>() + " " +
                        std::to_string(d.at("track_id").get<int>()));
    }
    return found.size() == 6;
  };
  BOOST_TEST(eventually(read));
  BOOST_TEST(std::ranges::count(found, "person 1") == 3);
  // A track is numbered when it is seen again, but for those of a camera's first frame.
  BOOST_TEST(std::ranges::count(found, "cat 0") == 1);
  BOOST_TEST(std::ranges::count(found, "cat 2") == 2);
  BOOST_TEST(pod.metric("monopod_vision_failures_total{app=\"people\"}").value_or(0) == 0);
}

BOOST_AUTO_TEST_CASE(without_its_plug_in_a_pod_lives_and_tells) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker) +
                                 std::vector<std::string>{"--vision.people.plugin", "/none.so"});
  camera_process sender(pod.address("cameras"),
                        {"--frames", "3", "--width", "160", "--height", "120"});
  BOOST_TEST(sender.finish()["acknowledged"] == 3);
  const auto status = pod.get("/api/v1/status");
  BOOST_TEST(status.find("/none.so") != std::string::npos, status);
  BOOST_TEST(pod.metric("monopod_vision_failures_total{app=\"people\"}").value_or(0) > 0);
}

BOOST_AUTO_TEST_CASE(wrong_usage_is_told_at_once) {
  const temporary_directory nothing;
  const auto run = [](const std::vector<std::string>& flags, int code) {
    const temporary_directory folder;
    process p(std::vector<std::string>{program("detect")} + flags, folder.path() / "output");
    BOOST_TEST(p.wait(seconds(60)).value_or(-1) == code);
    return read_file(folder.path() / "output");
  };
  const auto says = [](const std::string& text, const std::string& part) {
    BOOST_TEST(text.find(part) != std::string::npos, text);
  };
  says(run({"--model", "none"}, 1), "model none is not in");
  says(run({"--classes", "person,unicorn"}, 1), "no class \"unicorn\"");
  says(run({"--confidence", "0"}, 2), "0.01 to 1");
  says(run({"--frames", "-1"}, 2), "--frames: takes a number from 0");
  says(run({"--bound", "5"}, 2), "--policy bounded");
  says(run({"--classes", ""}, 2), "names no label");
  says(run({"--model", "none", "--server", "foo"}, 1), "such as tcp://");
  says(run({"--bench"}, 2), "needs files");
  says(run({"picture.jpg"}, 2), "--bench");
  says(run({"--bench", nothing.path() / "none.jpg"}, 1), "can't read");
  says(run({"--bench", MONOPOD_SOURCE_DIR "/tests/main.cpp"}, 1), "neither a JPEG nor");
  const auto astronaut = MONOPOD_SOURCE_DIR "/tests/pictures/astronaut.jpg";
  const auto figures =
      parse_json(run({"--json", "--quiet", "--frames", "3", "--bench", astronaut}, 0));
  BOOST_TEST(figures.at("frames") == 3);
  BOOST_TEST(figures.at("objects") == 3);
}
