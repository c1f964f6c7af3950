// The cloud goes away for a minute while each result has a picture, for which there is too little
// room: pictures are dropped, oldest first and counted, and no result is.
#include "tests/fault/cloud.hpp"
#include "tests/fault/pod.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

namespace monopod::fault {

using harness::operator+;

namespace {

constexpr double fps = 10;
constexpr const char* topics = "monopod/+/images/+/+";

// A consumer of pictures whose session mosquitto keeps.
class picture_consumer {
public:
  explicit picture_consumer(const cloud& from)
      : process_({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(from.port()), "-V",
                  "mqttv5", "-t", topics, "-q", "1", "-c", "-x", "3600", "-i", "fault-pictures",
                  "-F", "%P"},
                 directory_.path() / "output") {}

  /// The sequence numbers of the frames whose pictures arrived.
  std::set<std::uint64_t> frames() const {
    std::set<std::uint64_t> all;
    std::ifstream lines(directory_.path() / "output");
    for (std::string word; lines >> word;) // properties as name:value
      if (word.starts_with("seq:"))
        all.insert(std::stoull(word.substr(4)));
    return all;
  }

private:
  harness::temporary_directory directory_;
  harness::process process_;
};

} // namespace

outcome picture_outage(const options& o) {
  const double outage_s = o.quick ? 4 : 60;
  const double steady_s = o.quick ? 1 : 15;
  const auto budget_bytes = o.quick ? 64 * 1024 : 512 * 1024; // some seconds of pictures
  outcome result;
  cloud there(o);
  const picture_consumer consumer(there);
  pod node(o, there.flags() + std::vector<std::string>{"--cloud.local.image", "frame",
                                                       "--cloud.local.image_budget_bytes",
                                                       std::to_string(budget_bytes)});
  camera_load load({.endpoint = node.cameras(), .cameras = alike("cam", 1, fps)});
  result.expect(harness::eventually([&] { return !consumer.frames().empty(); }),
                "no picture arrives");
  rest(static_cast<int>(steady_s * 1000));
  there.leave();
  ++result.runs;
  rest(static_cast<int>(outage_s * 1000));
  result.add("waiting_results", node.sum("monopod_outbox_entries"));
  result.add("waiting_pictures", node.sum("monopod_cloud_pictures_waiting"));
  result.add("waiting_picture_bytes", node.sum("monopod_cloud_pictures_waiting_bytes"));
  result.at_most("waiting_picture_bytes", node.sum("monopod_cloud_pictures_waiting_bytes"),
                 budget_bytes);
  there.come_back();
  constexpr double patience_s = 60; // the cloud stage tries again every 30 s at worst
  result.expect(node.drained(patience_s, fps), "results stay in the outbox");
  rest(static_cast<int>(steady_s * 1000));
  const auto cameras = load.stop();
  result.expect(node.drained(patience_s), "results stay in the outbox");
  result.expect(
      harness::eventually([&] { return node.sum("monopod_cloud_pictures_waiting") == 0; }),
      "pictures stay in their outbox");
  add(result, there.judge(cameras, {"emulator"}));
  add(result, cameras);
  result.expect_delivered();

  const auto frames = consumer.frames();
  const auto dropped =
      node.metric("monopod_cloud_pictures_dropped_total{cloud=\"local\",reason=\"full\"}");
  result.add("pictures", static_cast<double>(frames.size()));
  result.add("pictures_dropped", dropped);
  const auto taken = static_cast<double>(cameras.front().taken);
  result.expect(static_cast<double>(frames.size()) + dropped == taken,
                "a picture is neither there nor counted");
  result.expect(node.sum("monopod_cloud_pictures_dropped_total") == dropped,
                "pictures are dropped for another reason than the budget");
  result.at_least("pictures_dropped", dropped, 1);
  // Oldest first: those that are missing lie side by side.
  const auto missing_from = [&] {
    std::uint64_t seq = 1;
    while (frames.contains(seq))
      ++seq;
    return seq;
  }();
  const auto after = frames.lower_bound(missing_from);
  result.expect(after != frames.end() && static_cast<double>(*after - missing_from) == dropped,
                "pictures are not dropped oldest first");
  node.stop(result);
  return result;
}

} // namespace monopod::fault
