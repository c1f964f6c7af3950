// Pictures with results, from a camera to a real MQTT broker: under the result's key, chosen by
// label and time, whole or cut.
#include "tests/e2e/kit.hpp"
#include "tests/unit/drawn_jpeg.hpp"

#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

using namespace monopod::harness;

namespace {

constexpr int frames = 30;

// A message as mosquitto_sub prints it.
struct message {
  std::string topic;
  std::map<std::string, std::string> properties;
  std::vector<std::byte> bytes;

  std::string text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

std::vector<std::byte> of_hex(const std::string& text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

// All messages below monopod/ of a broker that logs everything.
class listener {
public:
  explicit listener(const mqtt_broker& broker)
      : process_({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-V",
                  "mqttv5", "-t", "monopod/+/results/#", "-t", "monopod/+/images/#", "-q", "1",
                  "-F", "%t|%P|%x"},
                 directory_.path() / "output") {
    BOOST_REQUIRE(
        eventually([&] { return broker.log().find("Sending SUBACK") != std::string::npos; }));
  }

  std::vector<message> messages() const {
    std::vector<message> all;
    std::istringstream lines(read_file(directory_.path() / "output"));
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
      const auto first = line.find('|');
      const auto second = line.find('|', first + 1);
      message m{line.substr(0, first), {}, of_hex(line.substr(second + 1))};
      std::istringstream properties(line.substr(first + 1, second - first - 1));
      for (std::string word; properties >> word;)
        m.properties[word.substr(0, word.find(':'))] = word.substr(word.find(':') + 1);
      all.push_back(std::move(m));
    }
    return all;
  }
  std::vector<message> below(const std::string& topic) const {
    auto all = messages();
    std::erase_if(all, [&](const message& m) { return !m.topic.starts_with(topic); });
    return all;
  }

private:
  temporary_directory directory_;
  process process_;
};

const std::string results = "monopod/site/results/";
const std::string images = "monopod/site/images/";

std::vector<std::string> camera_flags(const std::string& name = "cam") {
  return {"--frames", std::to_string(frames),
          "--fps",    "30",
          "--width",  "320",
          "--height", "240",
          "--window", "200",
          "--name",   name};
}

std::set<std::string> keys_of(const std::vector<message>& pictures) {
  std::set<std::string> keys;
  for (const auto& p : pictures)
    keys.insert(p.properties.at("key"));
  return keys;
}

// The key of each result with a detection of that label; empty: of all.
std::set<std::string> result_keys(const listener& all, const std::string& label = {}) {
  std::set<std::string> keys;
  for (const auto& m : all.below(results)) {
    const auto result = parse_json(m.text());
    bool wanted = label.empty();
    for (const auto& d : result.at("inference").at("detections"))
      wanted = wanted || d.at("label") == label;
    if (wanted)
      keys.insert(result.at("key").get<std::string>());
  }
  return keys;
}

double dropped(const pod_process& pod) {
  double sum = 0;
  for (const auto* reason : {"full", "busy", "unreadable", "too_large", "refused", "not_serving"})
    sum += pod.metric("monopod_cloud_pictures_dropped_total{cloud=\"local\",reason=\"" +
                      std::string(reason) + "\"}")
               .value_or(100);
  return sum;
}

struct scene {
  mqtt_broker broker{0, "log_type all\n"};
  listener consumer{broker};

  pod_process start(const std::vector<std::string>& flags) {
    return {program(), cloud_at(broker) + flags};
  }
  void stream(const pod_process& pod, const std::string& name = "cam") {
    BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
    camera_process camera(pod.address("cameras"), camera_flags(name));
    BOOST_TEST(camera.finish()["acknowledged"] == frames);
  }
  bool has(const std::string& topic, std::size_t count) const {
    return eventually([&] { return consumer.below(topic).size() == count; });
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(each_result_has_its_picture_under_its_key, scene) {
  auto pod = start({"--cloud.local.image", "frame"});
  stream(pod);
  BOOST_REQUIRE(has(results, frames));
  BOOST_TEST(has(images, frames));
  const auto pictures = consumer.below(images);
  BOOST_TEST(keys_of(pictures) == result_keys(consumer), boost::test_tools::per_element());
  for (const auto& p : pictures) {
    BOOST_TEST(p.topic == images + "cam/emulator");
    BOOST_TEST(p.properties.at("camera") == "cam");
    BOOST_TEST(p.properties.at("key").find("/" + p.properties.at("seq") + "/emulator") !=
               std::string::npos);
    BOOST_TEST(monopod::drawn_pixels(monopod::payload_of(p.bytes)).width == 320);
  }
  BOOST_TEST(dropped(pod) == 0);
  const auto status = run(
      {program(), "status", "--address", "127.0.0.1:" + std::to_string(pod.http_port()), "--json"});
  const auto shown = parse_json(status.output).at("clouds").front().at("pictures");
  BOOST_TEST(shown.at("published") == frames);
  BOOST_TEST(shown.at("dropped") == 0);
}

BOOST_FIXTURE_TEST_CASE(without_the_setting_there_are_none, scene) {
  auto pod = start({});
  stream(pod);
  BOOST_TEST(has(results, frames));
  BOOST_TEST(consumer.below(images).empty());
  BOOST_TEST(!pod.metric("monopod_cloud_pictures_waiting{cloud=\"local\"}").has_value());
}

BOOST_FIXTURE_TEST_CASE(labels_choose_the_results, scene) {
  auto pod = start({"--cloud.local.image", "frame", "--cloud.local.image_labels", "dog"});
  stream(pod);
  BOOST_REQUIRE(has(results, frames));
  const auto wanted = result_keys(consumer, "dog");
  BOOST_TEST(wanted.size() > 0u);
  BOOST_TEST(wanted.size() < static_cast<std::size_t>(frames));
  BOOST_TEST(has(images, wanted.size()));
  BOOST_TEST(keys_of(consumer.below(images)) == wanted, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_camera_has_one_picture_in_the_time_that_is_set, scene) {
  auto pod = start({"--cloud.local.image", "frame", "--cloud.local.image_every_s", "3600"});
  stream(pod, "gate");
  stream(pod, "yard");
  BOOST_REQUIRE(has(results, 2 * frames));
  BOOST_TEST(has(images, 2));
  BOOST_TEST(consumer.below(images + "gate").size() == 1u);
}

// One cloud gets the frames, the other one what lies around the detections of the same frames.
BOOST_FIXTURE_TEST_CASE(a_cut_picture_shows_that_part_of_the_frame, scene) {
  auto pod = start({"--cloud.local.image", "frame", "--cloud.cut.host", "127.0.0.1",
                    "--cloud.cut.port", std::to_string(broker.port()), "--cloud.cut.image", "crop",
                    "--cloud.cut.image_labels", "person", "--cloud.cut.image_topic",
                    "monopod/{site}/images/{cloud}", "--cloud.cut.topic", "elsewhere"});
  stream(pod);
  BOOST_REQUIRE(has(results, frames));
  const auto wanted = result_keys(consumer, "person");
  BOOST_TEST(wanted.size() > 0u);
  BOOST_REQUIRE(has(images + "cam/emulator", frames));
  BOOST_REQUIRE(has(images + "cut", wanted.size()));
  std::map<std::string, std::vector<std::byte>> whole;
  for (const auto& m : consumer.below(images + "cam/emulator"))
    whole[m.properties.at("key")] = m.bytes;
  int smaller = 0;
  for (const auto& m : consumer.below(images + "cut")) {
    BOOST_TEST(wanted.contains(m.properties.at("key")));
    const monopod::drawn_pixels frame(monopod::payload_of(whole.at(m.properties.at("key"))));
    const monopod::drawn_pixels cut(monopod::payload_of(m.bytes));
    std::array<int, 4> part{};
    std::istringstream numbers(m.properties.at("crop"));
    for (auto& n : part) {
      numbers >> n;
      numbers.ignore(); // the comma
    }
    BOOST_REQUIRE(cut.width == part[2]);
    BOOST_REQUIRE(cut.height == part[3]);
    smaller += cut.width * cut.height < frame.width * frame.height ? 1 : 0;
    int different = 0;
    for (int y = 0; y < cut.height; ++y)
      for (int x = 0; x < cut.width; ++x)
        different += std::abs(cut.at(x, y) - frame.at(part[0] + x, part[1] + y)) > 1 ? 1 : 0;
    BOOST_TEST(different == 0);
  }
  BOOST_TEST(smaller > 0);
}

// As large as the drawn scene never is: what a cloud refuses costs no result.
BOOST_FIXTURE_TEST_CASE(pictures_beyond_the_payload_limit_cost_no_result, scene) {
  auto pod = start({"--cloud.local.image", "frame", "--cloud.local.payload_max_bytes", "1500"});
  stream(pod);
  BOOST_TEST(has(results, frames));
  BOOST_TEST(eventually([&] { return dropped(pod) == frames; }));
  BOOST_TEST(consumer.below(images).empty());
}
