#include "actors/delivery.hpp"

#include "core/limits.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <set>

using namespace monopod;

namespace {

camera_cursor at(std::uint64_t stream, std::uint64_t settled = 0) { return {stream, settled, {}}; }

frame_info frame(std::uint64_t seq, std::uint32_t dropped = 0, std::uint64_t stream = 1) {
  frame_info info;
  info.stream = stream;
  info.seq = seq;
  info.dropped_before = dropped;
  return info;
}

std::uint64_t take(delivery& d, const char* app) {
  const auto next = d.take(app);
  return next ? next->what->info.seq : 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_frame_goes_to_those_whose_patterns_cover_the_camera) {
  delivery d;
  BOOST_TEST(d.subscribe("all", {"*"}, true).has_value());
  BOOST_TEST(d.subscribe("gates", {"gate-?", "door"}, true).has_value());
  d.open("gate-1", at(1));
  d.open("yard", at(1));
  d.grant("all", 10);
  d.grant("gates", 10);
  BOOST_TEST((d.add("gate-1", frame(1), {}) == intake::accepted));
  BOOST_TEST((d.add("yard", frame(1), {}) == intake::accepted));
  BOOST_TEST(take(d, "gates") == 1u);
  BOOST_TEST(take(d, "gates") == 0u);
  BOOST_TEST(take(d, "all") == 1u);
  BOOST_TEST(take(d, "all") == 1u);
  BOOST_TEST(d.complete("gates", "gate-1", 1, 1)->settled_seq == 0u); // "all" owes it still
  BOOST_TEST(d.complete("all", "gate-1", 1, 1)->settled_seq == 1u);
  BOOST_TEST(d.frames_in_flight() == 1u);
}

BOOST_AUTO_TEST_CASE(a_frame_that_nobody_wants_is_settled_at_once) {
  delivery d;
  d.open("cam", at(1));
  BOOST_TEST((d.add("cam", frame(1), {}) == intake::settled));
  BOOST_TEST(d.find_camera("cam")->settled_seq == 1u);
  BOOST_TEST(d.frames_in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_flows_without_credit) {
  delivery d;
  d.subscribe("app", {"*"}, true);
  d.open("cam", at(1));
  d.add("cam", frame(1), {});
  d.add("cam", frame(2), {});
  BOOST_TEST(take(d, "app") == 0u);
  d.grant("app", 1);
  BOOST_TEST(take(d, "app") == 1u);
  BOOST_TEST(take(d, "app") == 0u);
  d.put_back("app");
  BOOST_TEST(take(d, "app") == 1u);
  d.grant("app", 4'000'000'000u); // a hostile grant stops at the limit
  d.grant("app", 4'000'000'000u);
  BOOST_TEST(d.apps().at("app").credit == limits::app_credit_max);
}

BOOST_AUTO_TEST_CASE(duplicates_gaps_and_foreign_frames) {
  delivery d;
  d.subscribe("app", {"*"}, true);
  BOOST_TEST((d.add("cam", frame(1), {}) == intake::not_open));
  d.open("cam", at(1, 5));
  BOOST_TEST((d.add("cam", frame(6, 0, 2), {}) == intake::not_open));
  BOOST_TEST((d.add("cam", frame(5), {}) == intake::duplicate));
  BOOST_TEST((d.add("cam", frame(8, 1), {}) ==
              intake::gap)); // 6 and 7 are missing, the camera dropped one
  BOOST_TEST((d.add("cam", frame(8, 2), {}) == intake::accepted));
  BOOST_TEST((d.add("cam", frame(8), {}) == intake::duplicate));
}

BOOST_AUTO_TEST_CASE(a_result_counts_once_and_only_from_who_owes_it) {
  delivery d;
  d.subscribe("app", {"*"}, true);
  d.open("cam", at(1));
  d.add("cam", frame(1), {});
  using reason = wire::AppRefuseReason;
  BOOST_TEST((d.complete("nobody", "cam", 1, 1).error() == reason::NotSubscribed));
  BOOST_TEST(
      (d.complete("app", "cam", 1, 1).error() == reason::NotOutstanding)); // not delivered yet
  d.grant("app", 1);
  take(d, "app");
  BOOST_TEST((d.complete("app", "cam", 2, 1).error() == reason::NotOutstanding));
  BOOST_TEST((d.complete("app", "other", 1, 1).error() == reason::NotOutstanding));
  BOOST_TEST(d.complete("app", "cam", 1, 1).has_value());
  BOOST_TEST((d.complete("app", "cam", 1, 1).error() == reason::NotOutstanding));
}

BOOST_AUTO_TEST_CASE(cursors_pass_only_what_all_have_answered_in_order) {
  delivery d;
  d.subscribe("app", {"*"}, true);
  d.open("cam", at(1));
  d.grant("app", 3);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    d.add("cam", frame(seq), {});
    take(d, "app");
  }
  BOOST_TEST(d.complete("app", "cam", 1, 3)->settled_seq == 0u);
  BOOST_TEST(d.complete("app", "cam", 1, 1)->settled_seq == 1u);
  BOOST_TEST(d.complete("app", "cam", 1, 2)->settled_seq == 3u);
}

BOOST_AUTO_TEST_CASE(an_application_that_comes_back_gets_what_it_owes_again) {
  delivery d;
  d.subscribe("app", {"*"}, true);
  d.open("cam", at(1));
  d.grant("app", 8);
  for (std::uint64_t seq = 1; seq <= 3; ++seq)
    d.add("cam", frame(seq), {});
  BOOST_TEST(take(d, "app") == 1u);
  BOOST_TEST(take(d, "app") == 2u);
  d.subscribe("app", {"*"}, true);
  BOOST_TEST(take(d, "app") == 0u); // its credit went with the connection
  d.grant("app", 8);
  BOOST_TEST(take(d, "app") == 1u);
  BOOST_TEST(take(d, "app") == 2u);
  BOOST_TEST(take(d, "app") == 3u);
}

BOOST_AUTO_TEST_CASE(what_the_ledger_holds_is_not_asked_for_again) {
  delivery d;
  d.subscribe("fast", {"*"}, true);
  d.subscribe("slow", {"*"}, true);
  camera_cursor cursor{1, 2, {{"fast", 4}, {"slow", 2}}};
  d.open("cam", cursor);
  d.grant("fast", 8);
  d.grant("slow", 8);
  for (std::uint64_t seq = 3; seq <= 5; ++seq)
    d.add("cam", frame(seq), {});
  BOOST_TEST(take(d, "fast") == 5u);
  BOOST_TEST(take(d, "slow") == 3u);
}

BOOST_AUTO_TEST_CASE(a_new_stream_forgets_the_old_one) {
  delivery d;
  d.subscribe("app", {"*"}, true);
  d.open("cam", at(1));
  d.grant("app", 8);
  d.add("cam", frame(1), {});
  d.add("cam", frame(2), {});
  take(d, "app");
  d.open("cam", at(2));
  BOOST_TEST(d.frames_in_flight() == 0u);
  BOOST_TEST(!d.complete("app", "cam", 1, 1).has_value());
  BOOST_TEST(take(d, "app") == 0u);
  d.add("cam", frame(1, 0, 2), {});
  BOOST_TEST(take(d, "app") == 1u);
}

BOOST_AUTO_TEST_CASE(limits_and_names_are_kept) {
  delivery d;
  using reason = wire::AppRefuseReason;
  BOOST_TEST((d.subscribe("a b", {"*"}, true).error() == reason::BadName));
  BOOST_TEST((d.subscribe("app", {"gate/1"}, true).error() == reason::BadName));
  BOOST_TEST((
      d.subscribe("app", std::vector<std::string>(limits::patterns_per_subscription + 1, "*"), true)
          .error() == reason::BadName));
  for (std::size_t i = 0; i < limits::apps; ++i)
    BOOST_TEST(d.subscribe("app" + std::to_string(i), {"*"}, true).has_value());
  BOOST_TEST((d.subscribe("onemore", {"*"}, true).error() == reason::TooManyApps));
}

// Random cameras, applications, losses and restarts: every frame is settled once all have answered,
// in order, and nothing is held for ever.
BOOST_AUTO_TEST_CASE(random_orders_settle_everything_once) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    std::mt19937 random(seed);
    delivery d;
    const std::vector<std::string> apps{"a", "b", "c"};
    std::map<std::string, std::set<std::pair<std::string, std::uint64_t>>> answered;
    std::map<std::string, std::vector<std::pair<std::string, std::uint64_t>>> holding;
    for (const auto& app : apps)
      d.subscribe(app, {app == "c" ? "cam-1" : "*"}, true);
    std::map<std::string, std::uint64_t> sent{{"cam-1", 0}, {"cam-2", 0}};
    for (const auto& [camera, seq] : sent)
      d.open(camera, at(1));
    const auto answer_one = [&](const std::string& app) {
      auto& held = holding[app];
      if (held.empty())
        return;
      const auto i = random() % held.size();
      const auto [camera, seq] = held[i];
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
      const auto before = d.find_camera(camera)->settled_seq;
      const auto done = d.complete(app, camera, 1, seq);
      BOOST_REQUIRE(done.has_value());
      BOOST_REQUIRE(done->settled_seq >= before);
      BOOST_REQUIRE(answered[app].emplace(camera, seq).second);
    };
    const auto take_all = [&](const std::string& app) {
      while (const auto next = d.take(app))
        holding[app].emplace_back(next->from->name, next->what->info.seq);
    };
    for (int step = 0; step < 400; ++step) {
      const auto& app = apps[random() % apps.size()];
      switch (random() % 5) {
      case 0:
      case 1: {
        const std::string camera = random() % 2 == 0 ? "cam-1" : "cam-2";
        d.add(camera, frame(++sent[camera]), {});
        break;
      }
      case 2:
        d.grant(app, random() % 4);
        take_all(app);
        break;
      case 3:
        answer_one(app);
        break;
      default:
        if (random() % 10 == 0) {
          holding[app].clear(); // it crashes and comes back
          d.subscribe(app, {app == "c" ? "cam-1" : "*"}, true);
        }
      }
    }
    for (const auto& app : apps)
      while (true) {
        d.grant(app, 100);
        take_all(app);
        if (holding[app].empty())
          break;
        answer_one(app);
      }
    BOOST_TEST(d.frames_in_flight() == 0u, "seed " << seed);
    for (const auto& [camera, seq] : sent)
      BOOST_TEST(d.find_camera(camera)->settled_seq == seq, "seed " << seed);
    BOOST_TEST(answered["a"].size() == sent["cam-1"] + sent["cam-2"]);
    BOOST_TEST(answered["c"].size() == sent["cam-1"]);
  }
}
