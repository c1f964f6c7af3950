// Zones of a camera: which detections count, where they are, and the events that tracks make.
#include "actors/frames/zone_watch.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace monopod {

namespace {

// Where the foot of a detection is.
struct thing {
  float x = 0;
  float y = 0;
  std::uint64_t track_id = 0;
};

struct fixture {
  fixture() { configure({"left 0 0 0.5 0 0.5 1 0 1", "all 0 0 1 0 1 1 0 1"}); }

  void configure(std::vector<std::string> zones, std::vector<std::string> ignore = {}) {
    watch.configure({{"gate", {std::move(ignore), std::move(zones)}}});
  }

  // The result of one frame; its events as "+left/7" (enters), "-left/7" (leaves), "!" (reset).
  std::vector<std::string> result(const std::vector<thing>& things) {
    b.Clear();
    std::vector<flatbuffers::Offset<wire::Detection>> list;
    for (const auto& t : things) {
      const wire::Box box(t.x - 0.05F, t.y - 0.2F, 0.1F, 0.2F);
      list.push_back(wire::CreateDetectionDirect(b, "person", 0.5F, &box, t.track_id));
    }
    b.Finish(wire::CreateInferenceDirect(b, "m", nullptr, 1, &list));
    const auto& found = *flatbuffers::GetRoot<wire::Inference>(b.GetBufferPointer());
    at_ns += 100 * ns_per_ms;
    judged = watch.judge({"gate", "people", stream, session, at_ns}, found);
    flatbuffers::FlatBufferBuilder out;
    out.Finish(write_judged(out, found, judged));
    written.assign(out.GetBufferPointer(), out.GetBufferPointer() + out.GetSize());
    std::vector<std::string> events;
    for (const auto& e : judged.events)
      events.push_back(e.kind == wire::EventKind::Reset
                           ? "!"
                           : (e.kind == wire::EventKind::Enter ? "+" : "-") +
                                 judged.of->zones[e.zone].name + "/" + std::to_string(e.track_id));
    return events;
  }
  const wire::Inference& copy() const {
    return *flatbuffers::GetRoot<wire::Inference>(written.data());
  }

  zone_watch watch;
  std::uint64_t stream = 1;
  std::uint64_t session = 1;
  std::uint64_t at_ns = 1000 * ns_per_s;
  zone_judgement judged;
  flatbuffers::FlatBufferBuilder b;
  std::vector<std::uint8_t> written;
};

using events = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_CASE(detections_tell_their_zones, fixture) {
  result({{0.2F, 0.5F}, {0.8F, 0.5F}, {2, 2}});
  const auto& list = *copy().detections();
  BOOST_REQUIRE(list.size() == 3u);
  BOOST_REQUIRE(list[0]->zones()->size() == 2u);
  BOOST_TEST(list[0]->zones()->Get(0)->str() == "left");
  BOOST_TEST(list[0]->zones()->Get(1)->str() == "all");
  BOOST_TEST(list[1]->zones()->size() == 1u);
  BOOST_TEST((list[2]->zones() == nullptr));
  BOOST_TEST(judged.events.empty()); // nothing is tracked
}

BOOST_FIXTURE_TEST_CASE(what_stands_in_an_ignored_area_does_not_count, fixture) {
  configure({"all 0 0 1 0 1 1 0 1"}, {"0.5 0 1 0 1 1 0.5 1"});
  BOOST_TEST(result({{0.2F, 0.5F, 1}, {0.8F, 0.5F, 2}}) == (events{"!", "+all/1"}),
             boost::test_tools::per_element());
  BOOST_REQUIRE(copy().detections()->size() == 1u);
  BOOST_TEST(copy().detections()->Get(0)->track_id() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_track_enters_and_leaves, fixture) {
  BOOST_TEST(result({{0.8F, 0.5F, 7}}) == (events{"!", "+all/7"}),
             boost::test_tools::per_element());
  BOOST_TEST(result({{0.6F, 0.5F, 7}}) == events{}, boost::test_tools::per_element());
  BOOST_TEST(result({{0.4F, 0.5F, 7}}) == events{"+left/7"}, boost::test_tools::per_element());
  BOOST_TEST(result({{0.6F, 0.5F, 7}, {0.1F, 0.9F, 8}}) ==
             (events{"-left/7", "+left/8", "+all/8"}));
}

BOOST_FIXTURE_TEST_CASE(a_track_that_is_not_seen_any_more_leaves_after_a_while, fixture) {
  result({{0.8F, 0.5F, 7}});
  const auto frames = limits::zone_unseen_ms / 100;
  for (std::uint64_t i = 0; i < frames; ++i)
    BOOST_TEST(result({}) == events{}, boost::test_tools::per_element());
  BOOST_TEST(result({}) == events{"-all/7"}, boost::test_tools::per_element());
  BOOST_TEST(result({}) == events{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_track_that_was_hidden_for_a_moment_stays, fixture) {
  result({{0.8F, 0.5F, 7}});
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(result({}) == events{}, boost::test_tools::per_element());
  BOOST_TEST(result({{0.8F, 0.5F, 7}}) == events{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_is_not_known_any_more_is_told, fixture) {
  const events anew{"!", "+all/7"};
  const std::vector<thing> there{{0.8F, 0.5F, 7}};
  BOOST_TEST(result(there) == anew, boost::test_tools::per_element());
  ++stream;
  BOOST_TEST(result(there) == anew, boost::test_tools::per_element());
  ++session;
  BOOST_TEST(result(there) == anew, boost::test_tools::per_element());
  watch.clear(); // another node has served meanwhile
  BOOST_TEST(result(there) == anew, boost::test_tools::per_element());
  configure({"all 0 0 1 0 1 1 0 1"});
  BOOST_TEST(result(there) == anew, boost::test_tools::per_element());
  configure({"all 0 0 1 0 1 1 0 1"}); // the same: nothing is lost
  BOOST_TEST(result(there) == events{}, boost::test_tools::per_element());
  ++stream; // even if nobody is there any more
  BOOST_TEST(result({}) == events{"!"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(more_events_than_one_result_holds_come_with_the_next, fixture) {
  std::vector<thing> crowd;
  for (std::uint64_t id = 1; id <= limits::zone_tracks; ++id)
    crowd.push_back({0.2F, 0.5F, id});
  std::size_t entered = 0;
  std::size_t results = 0;
  for (; entered < 2 * limits::zone_tracks && results < 4; ++results)
    for (const auto& e : result(crowd))
      entered += e != "!" ? 1 : 0;
  BOOST_TEST(entered == 2 * limits::zone_tracks);
  BOOST_TEST(results == 3u);
  BOOST_TEST(result(crowd) == events{}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(cameras_without_zones_are_left_as_they_are, fixture) {
  configure({});
  BOOST_TEST(result({{0.2F, 0.5F, 1}}) == events{}, boost::test_tools::per_element());
  watch.configure({});
  BOOST_TEST(result({{0.2F, 0.5F, 1}}) == events{}, boost::test_tools::per_element());
  BOOST_TEST(copy().detections()->size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_views_are_bounded, fixture) {
  b.Clear();
  const wire::Box box(0.2F, 0.2F, 0.1F, 0.2F);
  std::vector<flatbuffers::Offset<wire::Detection>> list{
      wire::CreateDetectionDirect(b, "person", 0.5F, &box, 1)};
  b.Finish(wire::CreateInferenceDirect(b, "m", nullptr, 1, &list));
  const std::vector<std::uint8_t> bytes(b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize());
  const auto& found = *flatbuffers::GetRoot<wire::Inference>(bytes.data());
  const auto enters = [&](std::size_t app) {
    return !watch.judge({"gate", std::to_string(app), 1, 1, at_ns}, found).events.empty();
  };
  for (std::size_t app = 0; app <= limits::zone_views; ++app)
    BOOST_TEST(enters(app));
  BOOST_TEST(!enters(limits::zone_views));
  BOOST_TEST(!enters(1));
  BOOST_TEST(enters(0)); // the least recently used one
}

} // namespace monopod
