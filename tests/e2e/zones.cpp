// Events of zones over a failover: none lost, none twice, and each true to the results around it.
#include "tests/e2e/group.hpp"

#include <fstream>
#include <set>

using namespace monopod::harness;

namespace {

using json = nlohmann::ordered_json;

const std::vector<std::string> zones{"--camera.cam.zones",
                                     "left 0 0 0.5 0 0.5 1 0 1,lower 0 0.5 1 0.5 1 1 0 1",
                                     "--camera.cam.ignore", "0.8 0 1 0 1 1 0.8 1"};

// What a consumer has: messages by key, the first of each.
struct received {
  std::map<std::uint64_t, json> results; // by sequence number
  std::map<std::uint64_t, json> events;  // those of the result
};

received read(const std::filesystem::path& file) {
  received all;
  std::ifstream lines(file);
  std::string topic;
  for (std::string line; lines >> topic && std::getline(lines, line);) {
    auto message = parse_json(line);
    const auto seq = message.at("seq").get<std::uint64_t>();
    auto& kind = topic.find("/events/") == std::string::npos ? all.results : all.events;
    const auto known = kind.find(seq);
    if (known == kind.end())
      kind.emplace(seq, std::move(message));
    else // sent again, since its confirmation was lost
      BOOST_TEST(known->second.at("key") == message.at("key"));
  }
  return all;
}

using places = std::map<std::uint64_t, std::set<std::string>>; // zones by track

// Where the tracks of a result are, by its detections.
places places_of(const json& result) {
  places now;
  for (const auto& d : result.at("inference").at("detections")) {
    const auto& box = d.at("box");
    BOOST_TEST(box.at("x").get<double>() + box.at("width").get<double>() / 2 <
               0.8001); // not ignored
    for (const auto& zone : d.value("zones", json::array()))
      now[d.at("track_id")].insert(zone);
  }
  return now;
}

// Walks through the results and expects of the events what the tracks' zones say. Returns how often
// they began anew.
int follow(const received& all) {
  int resets = 0;
  places before;
  for (const auto& [seq, result] : all.results) {
    std::multiset<std::string> told;
    if (const auto at = all.events.find(seq); at != all.events.end())
      for (const auto& e : at->second.at("events")) {
        if (e.at("kind") == "reset") {
          ++resets;
          before.clear();
        } else {
          told.insert(e.at("kind").get<std::string>() + " " + e.at("zone").get<std::string>() +
                      " " + std::to_string(e.at("track_id").get<int>()));
        }
      }
    // A track that is not seen, since an ignored area hides it, stays where it was.
    std::multiset<std::string> expected;
    std::set<std::uint64_t> seen;
    for (const auto& d : result.at("inference").at("detections"))
      seen.insert(d.at("track_id").get<std::uint64_t>());
    auto now = places_of(result);
    for (const auto track : seen) {
      for (const auto& zone : now[track])
        if (!before[track].contains(zone))
          expected.insert("enter " + zone + " " + std::to_string(track));
      for (const auto& zone : before[track])
        if (!now[track].contains(zone))
          expected.insert("leave " + zone + " " + std::to_string(track));
      before[track] = now[track];
    }
    BOOST_TEST(told == expected, boost::test_tools::per_element());
  }
  return resets;
}

} // namespace

BOOST_AUTO_TEST_CASE(no_event_is_lost_or_told_twice_when_the_primary_is_killed) {
  mqtt_broker broker(0, "log_type all\n");
  const temporary_directory scratch;
  const auto file = scratch.path() / "messages";
  process consumer({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-q",
                    "1", "-v", "-t", "monopod/+/results/#", "-t", "monopod/+/events/#"},
                   file);
  wait_for_watcher(broker);
  group_of group({"a", "b", "c"}, cloud_at(broker) + zones);
  const auto first = group.primary(3);
  constexpr std::uint64_t frames = 400;
  camera_process camera(group.servers("cameras"),
                        {"--name", "cam", "--frames", std::to_string(frames), "--fps", "100",
                         "--width", "160", "--height", "120"});
  BOOST_REQUIRE(eventually([&] {
    return group.at(first).metric("monopod_cloud_published_total{cloud=\"local\"}").value_or(0) >=
           150;
  }));
  group.kill(first);
  group.primary(2);
  const auto sent = camera.finish();
  BOOST_TEST(sent["acknowledged"] == frames);
  received all;
  BOOST_TEST(eventually([&] {
    all = read(file);
    return all.results.size() == frames;
  }));
  BOOST_TEST(all.results.size() == frames);
  BOOST_TEST(all.events.size() > frames / 4);
  BOOST_TEST(follow(all) == 2); // at the start, and when another node took over
}
