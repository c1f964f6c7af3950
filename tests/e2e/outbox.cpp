// How results leave the outbox: at a pace, oldest first with fresh ones between them, in batches,
// below the cloud's limits.
#include "tests/e2e/kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>

using namespace monopod::harness;

namespace {

using flags = std::vector<std::string>;

flags camera_flags(int count, int fps) {
  return {"--frames", std::to_string(count),
          "--fps",    std::to_string(fps),
          "--width",  "160",
          "--height", "120",
          "--window", "400"};
}

double value(const pod_process& pod, const std::string& metric) {
  return pod.metric("monopod_" + metric + "{cloud=\"local\"}").value_or(-1);
}

struct arrival {
  std::uint64_t captured_ns = 0;
  std::uint64_t published_ns = 0;
};

// The collector's records, in the order of arrival.
std::vector<arrival> arrivals(const collector_process& collector) {
  std::vector<arrival> all;
  std::ifstream csv(collector.csv());
  std::string line;
  std::getline(csv, line); // header
  while (std::getline(csv, line)) {
    std::istringstream fields(line);
    std::array<std::string, 7> field;
    for (auto& f : field)
      std::getline(fields, f, ',');
    if (field[6].empty())
      continue; // still being written
    all.push_back({std::stoull(field[5]), std::stoull(field[6])});
  }
  return all;
}

std::uint64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// Most messages published in any one second.
std::size_t most_in_a_second(const std::vector<arrival>& all) {
  std::vector<std::uint64_t> stamps(all.size());
  std::ranges::transform(all, stamps.begin(), &arrival::published_ns);
  std::ranges::sort(stamps);
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < stamps.size(); ++last) {
    while (stamps[last] - stamps[first] > 1'000'000'000)
      ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

// A pod whose cloud was away while `backlog` results came; it is back now, and consumed.
struct outage {
  outage(int backlog, const flags& more)
      : pod(program(), flags{"--cloud.local.host", "127.0.0.1", "--cloud.local.port",
                             std::to_string(port), "--cloud.local.reconnect_max_ms", "200"} +
                           more) {
    BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
    camera_process early(pod.address("cameras"),
                         camera_flags(backlog, 200) + flags{"--name", "early"});
    BOOST_TEST(early.finish()["acknowledged"] == backlog);
    BOOST_TEST(value(pod, "outbox_entries") == backlog);
    const paused hold(pod.child());
    broker.emplace(port);
    collector.emplace(program("collect"), port, flags{});
    back_ns = now_ns();
  }

  std::uint16_t port = free_port();
  pod_process pod;
  std::optional<mqtt_broker> broker;
  std::optional<collector_process> collector;
  std::uint64_t back_ns = 0;
};

struct batch_case {
  const char* format;
  int qos;
};
std::ostream& operator<<(std::ostream& out, const batch_case& c) {
  return out << c.format << " qos " << c.qos;
}
constexpr batch_case batch_cases[] = {{"json", 1}, {"flatbuffers", 1}, {"json", 2}, {"json", 0}};

} // namespace

// A flood of results, a pace of 50 a second: no second holds more than the rule of pacer.hpp
// allows, the sum is the rate, and nothing is lost.
BOOST_AUTO_TEST_CASE(a_pace_is_kept) {
  constexpr int frames = 200;
  constexpr double pace_s = 50;
  mqtt_broker broker;
  collector_process collector(program("collect"), broker.port(),
                              {"--count", std::to_string(frames)});
  pod_process pod(program(), cloud_at(broker) + flags{"--cloud.local.pace_messages_s", "50"});
  BOOST_REQUIRE(eventually([&] { return value(pod, "cloud_connected") == 1; }));
  camera_process camera(pod.address("cameras"), camera_flags(frames, 400));
  const auto sent = camera.finish();
  BOOST_TEST(sent["acknowledged"] == frames);
  const auto got = collector.finish(seconds(30));
  check_each_once_in_order(got, frames);
  const auto all = arrivals(collector);
  BOOST_REQUIRE(all.size() == frames);
  BOOST_TEST(most_in_a_second(all) <= pace_s * 1.1 + 1);
  const auto took_s =
      static_cast<double>(all.back().published_ns - all.front().published_ns) * 1e-9;
  BOOST_TEST(took_s >= (frames - 1) / pace_s - 0.1);
  BOOST_TEST(took_s <= frames / pace_s * 1.5); // the pod may be late, but not waste turns
}

// 500 results wait; they drain at 100 a second while 20 a second come: at least the pace is used,
// no more than it, and fresh results do not wait for the backlog.
BOOST_AUTO_TEST_CASE(a_backlog_drains_at_the_pace_while_fresh_results_flow) {
  constexpr int backlog = 500;
  constexpr int fresh = 60;
  outage o(backlog, {"--cloud.local.pace_messages_s", "100", "--cloud.local.in_flight", "10"});
  camera_process camera(o.pod.address("cameras"),
                        camera_flags(fresh, 20) + flags{"--name", "late"});
  camera.finish();
  const auto left = value(o.pod, "outbox_entries");
  BOOST_TEST(left > backlog / 4); // the backlog was there all the while
  BOOST_TEST(eventually([&] { return value(o.pod, "outbox_entries") == 0; }, seconds(30)));
  const auto got = o.collector->finish(seconds(0));
  BOOST_TEST(got["results"] == backlog + fresh);
  BOOST_TEST(got["lost"] == 0);
  BOOST_TEST(got["twice"] == 0);
  const auto all = arrivals(*o.collector);
  BOOST_TEST(most_in_a_second(all) <= 111u);

  std::vector<double> waited_s;
  std::uint64_t last_old = 0;
  for (const auto& a : all) {
    if (a.captured_ns >= o.back_ns) {
      waited_s.push_back(static_cast<double>(a.published_ns - a.captured_ns) * 1e-9);
    } else {
      BOOST_TEST(a.captured_ns > last_old); // oldest first
      last_old = a.captured_ns;
    }
  }
  std::ranges::sort(waited_s);
  BOOST_REQUIRE(waited_s.size() == static_cast<std::size_t>(fresh));
  // The window of ten and one turn: an eighth of a second. The backlog takes five.
  BOOST_TEST(waited_s[waited_s.size() / 2] < 0.5);
  BOOST_TEST(waited_s[waited_s.size() * 9 / 10] < 2); // a busy machine may stop a process for long
}

BOOST_DATA_TEST_CASE(batches_hold_every_result_once, boost::unit_test::data::make(batch_cases), c) {
  constexpr int frames = 200;
  mqtt_broker broker(0, "log_type all\n");
  collector_process collector(program("collect"), broker.port(),
                              {"--count", std::to_string(frames), "--qos", std::to_string(c.qos)});
  pod_process pod(program(),
                  cloud_at(broker) + flags{"--cloud.local.batch_results", "20",
                                           "--cloud.local.batch_ms", "300", "--cloud.local.format",
                                           c.format, "--cloud.local.qos", std::to_string(c.qos)});
  BOOST_REQUIRE(eventually([&] { return value(pod, "cloud_connected") == 1; }));
  camera_process camera(pod.address("cameras"), camera_flags(frames, 200));
  camera.finish();
  const auto got = collector.finish(seconds(20));
  check_each_once_in_order(got, frames);
  BOOST_TEST(eventually([&] { return value(pod, "outbox_entries") == 0; }));
  BOOST_TEST(value(pod, "cloud_confirmed_total") == frames);
  // Batches of about twenty and not single ones; the presence message is no result.
  std::size_t messages = 0;
  const auto log = broker.log();
  const std::string mark = "Received PUBLISH from monopod-";
  for (auto at = log.find(mark); at != std::string::npos; at = log.find(mark, at + 1))
    ++messages;
  BOOST_TEST(messages <= frames / 5u);
}

// 40 results of some 700 bytes as batches of at most 4 KiB.
BOOST_AUTO_TEST_CASE(a_batch_stays_below_the_payload_limit) {
  constexpr int frames = 40;
  mqtt_broker broker(0, "log_type all\n");
  const temporary_directory scratch;
  const auto sizes = scratch.path() / "sizes";
  process watch({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-t",
                 "monopod/+/results/#", "-F", "%l"},
                sizes);
  wait_for_watcher(broker);
  collector_process collector(program("collect"), broker.port(),
                              {"--count", std::to_string(frames)});
  pod_process pod(program(), cloud_at(broker) + flags{"--cloud.local.batch_results", "40",
                                                      "--cloud.local.batch_ms", "2000",
                                                      "--cloud.local.payload_max_bytes", "4096"});
  BOOST_REQUIRE(eventually([&] { return value(pod, "cloud_connected") == 1; }));
  camera_process camera(pod.address("cameras"), camera_flags(frames, 200));
  camera.finish();
  const auto got = collector.finish(seconds(20));
  BOOST_TEST(got["results"] == frames);
  BOOST_TEST(got["lost"] == 0);
  BOOST_TEST(value(pod, "cloud_unpublishable_total") == 0);
  std::istringstream lines(read_file(sizes));
  std::size_t bytes = 0;
  std::size_t messages = 0;
  for (std::size_t size = 0; lines >> size; ++messages) {
    BOOST_TEST(size <= 4096u);
    bytes += size;
  }
  BOOST_TEST(messages > 1u);
  BOOST_TEST(bytes / std::max<std::size_t>(messages, 1) > 2048u); // and is used
}

// A result that is too large is counted, said and taken off; the others go on. By our own limit,
// and by the one that the broker tells (MQTT 5 Maximum Packet Size).
BOOST_AUTO_TEST_CASE(results_that_are_too_large_hold_up_nobody) {
  constexpr int frames = 10;
  for (const bool by_broker : {false, true}) {
    mqtt_broker broker(0, by_broker ? "max_packet_size 2000\n" : "");
    collector_process collector(program("collect"), broker.port(),
                                {"--count", std::to_string(frames)});
    pod_process pod(program(),
                    cloud_at(broker) +
                        flags{"--vision.small.cameras", "*", "--vision.small.detections", "1",
                              "--vision.large.cameras", "*", "--vision.large.detections", "60"} +
                        (by_broker ? flags{} : flags{"--cloud.local.payload_max_bytes", "2000"}));
    BOOST_REQUIRE(eventually([&] { return value(pod, "cloud_connected") == 1; }));
    camera_process camera(pod.address("cameras"), camera_flags(frames, 50));
    BOOST_TEST(camera.finish()["acknowledged"] == frames);
    const auto got = collector.finish(seconds(20));
    BOOST_TEST(got["results"] == frames);
    BOOST_TEST(got["series"] == 1);
    BOOST_TEST(eventually([&] { return value(pod, "outbox_entries") == 0; }));
    BOOST_TEST(value(pod, "cloud_unpublishable_total") == frames);
    BOOST_TEST(pod.log().find("larger than the cloud accepts") != std::string::npos, pod.log());
  }
}

// The broker's word goes before the configuration (MQTT 5 Maximum QoS).
BOOST_AUTO_TEST_CASE(a_broker_without_qos_2_gets_qos_1) {
  constexpr int frames = 20;
  mqtt_broker broker(0, "max_qos 1\nlog_type all\n");
  collector_process collector(program("collect"), broker.port(),
                              {"--count", std::to_string(frames)});
  pod_process pod(program(), cloud_at(broker) + flags{"--cloud.local.qos", "2"});
  BOOST_REQUIRE(eventually([&] { return value(pod, "cloud_connected") == 1; }));
  camera_process camera(pod.address("cameras"), camera_flags(frames, 50));
  camera.finish();
  BOOST_TEST(collector.finish(seconds(20))["results"] == frames);
  BOOST_TEST(eventually([&] { return value(pod, "outbox_entries") == 0; }));
  BOOST_TEST(value(pod, "cloud_unpublishable_total") == 0);
  BOOST_TEST(pod.log().find("does not support this quality of service") != std::string::npos,
             pod.log());
}

BOOST_AUTO_TEST_CASE(user_properties_go_with_each_result) {
  mqtt_broker broker(0, "log_type all\n");
  const temporary_directory scratch;
  const auto got = scratch.path() / "properties";
  process watch({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-V", "5",
                 "-t", "monopod/+/results/#", "-C", "1", "-F", "%P"},
                got);
  wait_for_watcher(broker);
  pod_process pod(program(), cloud_at(broker) +
                                 flags{"--site", "here", "--cloud.local.user_properties", "true"});
  BOOST_REQUIRE(eventually([&] { return value(pod, "cloud_connected") == 1; }));
  camera_process camera(pod.address("cameras"), camera_flags(5, 20));
  camera.finish();
  BOOST_TEST(watch.wait(seconds(10)).value_or(-1) == 0);
  const auto text = read_file(got);
  BOOST_TEST(text.find("key:here/cam/") != std::string::npos, text);
  BOOST_TEST(text.find("/emulator") != std::string::npos, text);
  for (const auto* part : {"epoch:1", "schema:monopod.wire.Result", "format:json"})
    BOOST_TEST(text.find(part) != std::string::npos, text);
}

// An outbox of 40 while the cloud is away: the alarm rises, the oldest are dropped and counted, and
// what is left goes when it is back.
BOOST_AUTO_TEST_CASE(a_full_outbox_raises_an_alarm) {
  const auto port = free_port();
  pod_process pod(program(),
                  {"--cloud.local.host", "127.0.0.1", "--cloud.local.port", std::to_string(port),
                   "--cloud.local.outbox_entries", "40", "--cloud.local.reconnect_max_ms", "200"});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  const auto publish = [&pod](int frames) {
    camera_process camera(pod.address("cameras"), camera_flags(frames, 100));
    BOOST_TEST(camera.finish()["acknowledged"] == frames);
  };
  publish(31);
  BOOST_TEST(value(pod, "outbox_level") == 1);
  BOOST_TEST(value(pod, "outbox_limit_entries") == 40);
  publish(20);
  BOOST_TEST(value(pod, "outbox_level") == 2);
  BOOST_TEST(value(pod, "outbox_dropped_total") == 11);
  const auto shown =
      run({program(), "status", "--address", "127.0.0.1:" + std::to_string(pod.http_port())});
  BOOST_TEST(shown.output.find("dropping") != std::string::npos, shown.output);
  mqtt_broker broker(port);
  BOOST_TEST(eventually([&] { return value(pod, "outbox_entries") == 0; }));
  BOOST_TEST(value(pod, "outbox_level") == 0);
  BOOST_TEST(pod.log().find("level=\"nearly full\"") != std::string::npos, pod.log());
}
