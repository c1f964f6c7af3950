#include "actors/frames/delivery.hpp"

#include "core/limits.hpp"

#include <boost/test/unit_test.hpp>

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

std::uint64_t next_seq(delivery& d, const char* app, std::uint64_t now_ns = 0) {
  const auto next = d.next(app, now_ns);
  return next ? next->what->info.seq : 0;
}

// The camera's cursor after the application's answer; 0 where the answer waits for earlier ones.
std::uint64_t settled(delivery& d, const char* app, delivery::camera& camera, std::uint64_t stream,
                      std::uint64_t seq) {
  const auto done = d.complete(app, camera, stream, seq, {});
  BOOST_REQUIRE(done.has_value());
  return done->empty() ? 0 : done->back().settled_seq;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_frame_goes_to_those_whose_patterns_cover_the_camera) {
  delivery d;
  BOOST_TEST(d.subscribe("all", {{"*"}}, true).has_value());
  BOOST_TEST(d.subscribe("gates", {{"gate-?", "door"}}, true).has_value());
  auto& gate = d.open("gate-1", at(1));
  auto& yard = d.open("yard", at(1));
  d.grant("all", 10);
  d.grant("gates", 10);
  BOOST_TEST((d.add(gate, frame(1), {}) == intake::accepted));
  BOOST_TEST((d.add(yard, frame(1), {}) == intake::accepted));
  BOOST_TEST(next_seq(d, "gates") == 1u);
  BOOST_TEST(next_seq(d, "gates") == 0u);
  BOOST_TEST(next_seq(d, "all") == 1u);
  BOOST_TEST(next_seq(d, "all") == 1u);
  BOOST_TEST(settled(d, "gates", gate, 1, 1) == 0u); // "all" owes it still
  BOOST_TEST(settled(d, "all", gate, 1, 1) == 1u);
  BOOST_TEST(d.frames_in_flight() == 1u);
}

BOOST_AUTO_TEST_CASE(a_frame_that_nobody_wants_is_settled_at_once) {
  delivery d;
  auto& cam = d.open("cam", at(1));
  BOOST_TEST((d.add(cam, frame(1), {}) == intake::settled));
  BOOST_TEST(cam.settled_seq == 1u);
  BOOST_TEST(d.frames_in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_flows_without_credit) {
  delivery d;
  d.subscribe("app", {{"*"}}, true);
  auto& cam = d.open("cam", at(1));
  d.add(cam, frame(1), {});
  d.add(cam, frame(2), {});
  BOOST_TEST(next_seq(d, "app") == 0u);
  d.grant("app", 1);
  const auto next = d.next("app", 0);
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST(next->what->info.seq == 1u);
  BOOST_TEST(next_seq(d, "app") == 0u);
  d.return_to_queue("app", *next);
  BOOST_TEST(next_seq(d, "app") == 1u);
  d.grant("app", 4'000'000'000u); // a hostile grant stops at the limit
  d.grant("app", 4'000'000'000u);
  BOOST_TEST(d.apps().at("app").credit == limits::app_credit_max);
}

BOOST_AUTO_TEST_CASE(duplicates_gaps_and_foreign_frames) {
  delivery d;
  d.subscribe("app", {{"*"}}, true);
  auto& cam = d.open("cam", at(1, 5));
  BOOST_TEST((d.add(cam, frame(6, 0, 2), {}) == intake::not_open));
  BOOST_TEST((d.add(cam, frame(5), {}) == intake::duplicate));
  BOOST_TEST(
      (d.add(cam, frame(8, 1), {}) == intake::gap)); // 6 and 7 are missing, the camera dropped one
  BOOST_TEST((d.add(cam, frame(8, 2), {}) == intake::accepted));
  BOOST_TEST((d.add(cam, frame(8), {}) == intake::duplicate));
  d.close(cam);
  BOOST_TEST((d.add(cam, frame(9), {}) == intake::not_open));
}

BOOST_AUTO_TEST_CASE(a_result_counts_once_and_only_from_who_owes_it) {
  delivery d;
  d.subscribe("app", {{"*"}}, true);
  auto& cam = d.open("cam", at(1));
  d.add(cam, frame(1), {});
  using reason = wire::AppRefuseReason;
  BOOST_TEST((d.complete("nobody", cam, 1, 1, {}).error() == reason::NotSubscribed));
  BOOST_TEST(
      (d.complete("app", cam, 1, 1, {}).error() == reason::NotOutstanding)); // not delivered yet
  d.grant("app", 1);
  next_seq(d, "app");
  BOOST_TEST((d.complete("app", cam, 2, 1, {}).error() == reason::NotOutstanding));
  auto& other = d.open("other", at(1));
  BOOST_TEST((d.complete("app", other, 1, 1, {}).error() == reason::NotOutstanding));
  BOOST_TEST(d.complete("app", cam, 1, 1, {}).has_value());
  BOOST_TEST((d.complete("app", cam, 1, 1, {}).error() == reason::NotOutstanding));
}

BOOST_AUTO_TEST_CASE(cursors_pass_only_what_all_have_answered_in_order) {
  delivery d;
  d.subscribe("app", {{"*"}}, true);
  auto& cam = d.open("cam", at(1));
  d.grant("app", 3);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    d.add(cam, frame(seq), {});
    next_seq(d, "app");
  }
  BOOST_TEST(settled(d, "app", cam, 1, 3) == 0u);
  BOOST_TEST(settled(d, "app", cam, 1, 1) == 1u);
  BOOST_TEST(settled(d, "app", cam, 1, 2) == 3u);
}

BOOST_AUTO_TEST_CASE(an_application_that_comes_back_gets_what_it_owes_again) {
  delivery d;
  d.subscribe("app", {{"*"}}, true);
  auto& cam = d.open("cam", at(1));
  d.grant("app", 8);
  for (std::uint64_t seq = 1; seq <= 3; ++seq)
    d.add(cam, frame(seq), {});
  BOOST_TEST(next_seq(d, "app") == 1u);
  BOOST_TEST(next_seq(d, "app") == 2u);
  d.subscribe("app", {{"*"}}, true);
  BOOST_TEST(next_seq(d, "app") == 0u); // its credit went with the connection
  d.grant("app", 8);
  BOOST_TEST(next_seq(d, "app") == 1u);
  BOOST_TEST(next_seq(d, "app") == 2u);
  BOOST_TEST(next_seq(d, "app") == 3u);
}

BOOST_AUTO_TEST_CASE(what_the_ledger_holds_is_not_asked_for_again) {
  delivery d;
  d.subscribe("fast", {{"*"}}, true);
  d.subscribe("slow", {{"*"}}, true);
  camera_cursor cursor{1, 2, {{"fast", 4}, {"slow", 2}}};
  auto& cam = d.open("cam", cursor);
  d.grant("fast", 8);
  d.grant("slow", 8);
  for (std::uint64_t seq = 3; seq <= 5; ++seq)
    d.add(cam, frame(seq), {});
  BOOST_TEST(next_seq(d, "fast") == 5u);
  BOOST_TEST(next_seq(d, "slow") == 3u);
}

BOOST_AUTO_TEST_CASE(a_new_stream_forgets_the_old_one) {
  delivery d;
  d.subscribe("app", {{"*"}}, true);
  auto& cam = d.open("cam", at(1));
  d.grant("app", 8);
  d.add(cam, frame(1), {});
  d.add(cam, frame(2), {});
  next_seq(d, "app");
  d.open("cam", at(2));
  BOOST_TEST(d.frames_in_flight() == 0u);
  BOOST_TEST(!d.complete("app", cam, 1, 1, {}).has_value());
  BOOST_TEST(next_seq(d, "app") == 0u);
  d.add(cam, frame(1, 0, 2), {});
  BOOST_TEST(next_seq(d, "app") == 1u);
}

BOOST_AUTO_TEST_CASE(limits_and_names_are_kept) {
  delivery d;
  using reason = wire::AppRefuseReason;
  BOOST_TEST((d.subscribe("a b", {{"*"}}, true).error() == reason::BadName));
  BOOST_TEST((d.subscribe("app", {{"gate/1"}}, true).error() == reason::BadName));
  BOOST_TEST(
      (d.subscribe("app", {std::vector<std::string>(limits::patterns_per_subscription + 1, "*")},
                   true)
           .error() == reason::BadName));
  for (std::size_t i = 0; i < limits::apps; ++i)
    BOOST_TEST(d.subscribe("app" + std::to_string(i), {{"*"}}, true).has_value());
  BOOST_TEST((d.subscribe("onemore", {{"*"}}, true).error() == reason::TooManyApps));
}

BOOST_AUTO_TEST_CASE(answers_go_on_in_frame_order_with_what_they_said) {
  delivery d;
  d.subscribe("app", {{"*"}}, true);
  auto& cam = d.open("cam", at(1));
  d.grant("app", 8);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    d.add(cam, frame(seq), {});
    next_seq(d, "app");
  }
  const std::vector<std::byte> second{std::byte{2}};
  BOOST_TEST(d.complete("app", cam, 1, 2, second)->empty());
  BOOST_TEST(
      (d.complete("app", cam, 1, 2, second).error() == wire::AppRefuseReason::NotOutstanding));
  const auto ready = d.complete("app", cam, 1, 1, {});
  BOOST_REQUIRE(ready->size() == 2u);
  BOOST_TEST(ready->at(0).info.seq == 1u);
  BOOST_TEST(ready->at(0).answer.empty());
  BOOST_TEST(ready->at(1).info.seq == 2u);
  BOOST_TEST((ready->at(1).answer == second));
}

BOOST_AUTO_TEST_CASE(latest_keeps_one_slot_per_camera_and_holds_up_nothing) {
  delivery d;
  d.subscribe("app", {{"*"}, wire::Policy::Latest}, true);
  auto& a = d.open("a", at(1));
  auto& b = d.open("b", at(1));
  for (auto* camera : {&a, &b}) {
    for (std::uint64_t seq = 1; seq <= 5; ++seq)
      BOOST_TEST((d.add(*camera, frame(seq), {}) == intake::settled));
    BOOST_TEST(camera->settled_seq == 5u);
  }
  BOOST_TEST(d.frames_in_flight() == 0u);
  BOOST_TEST(d.apps().at("app").queued == 2u);
  d.grant("app", 8);
  for (const auto* camera : {&a, &b}) {
    const auto next = d.next("app", 0);
    BOOST_TEST(next->from == camera);
    BOOST_TEST(next->what->info.seq == 5u);
    BOOST_TEST(next->skipped.newer == 4u);
  }
  d.add(a, frame(6), {});
  BOOST_TEST(d.next("app", 0)->skipped.newer == 0u);
  BOOST_TEST(settled(d, "app", a, 1, 5) == 6u); // its result counts all the same
  BOOST_TEST(d.complete("app", a, 1, 5, {}).has_value() == false);
}

BOOST_AUTO_TEST_CASE(bounded_keeps_the_newest_few) {
  delivery d;
  using reason = wire::AppRefuseReason;
  BOOST_TEST(
      (d.subscribe("app", {{"*"}, wire::Policy::Bounded, 0}, true).error() == reason::BadPolicy));
  BOOST_TEST((d.subscribe("app", {{"*"}, static_cast<wire::Policy>(77)}, true).error() ==
              reason::BadPolicy));
  d.subscribe("app", {{"*"}, wire::Policy::Bounded, 2}, true);
  auto& cam = d.open("cam", at(1));
  for (std::uint64_t seq = 1; seq <= 5; ++seq)
    d.add(cam, frame(seq), {});
  d.grant("app", 8);
  BOOST_TEST(next_seq(d, "app") == 4u);
  BOOST_TEST(next_seq(d, "app") == 5u);
  BOOST_TEST(d.apps().at("app").skipped.newer == 3u);
}

BOOST_AUTO_TEST_CASE(frames_that_are_too_old_or_too_fast_are_skipped_and_settled) {
  delivery d;
  subscription wants{{"*"}};
  wants.max_age_ns = 1000;
  wants.min_interval_ns = 150;
  d.subscribe("app", wants, true);
  auto& cam = d.open("cam", at(1));
  for (std::uint64_t seq = 1; seq <= 6; ++seq) { // every second one is wanted
    auto f = frame(seq);
    f.captured_at_ns = seq * 100;
    d.add(cam, f, {});
  }
  d.grant("app", 8);
  const auto next = d.next("app", 1400); // the first and third are too old
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST(next->what->info.seq == 5u);
  BOOST_TEST(next->skipped.age == 2u);
  BOOST_TEST(next->skipped.rate == 3u);
  const auto gone = d.take_settled();
  BOOST_REQUIRE(!gone.empty());
  BOOST_TEST(gone.back().settled_seq == 4u);
  BOOST_TEST(d.take_settled().empty());
  BOOST_TEST(settled(d, "app", cam, 1, 5) == 6u);
}

BOOST_AUTO_TEST_CASE(who_never_answers_gets_no_more) {
  delivery d;
  d.subscribe("app", {{"*"}, wire::Policy::Latest}, true);
  auto& cam = d.open("cam", at(1));
  std::uint32_t got = 0;
  for (std::uint64_t seq = 1; seq <= 2 * limits::app_credit_max; ++seq) {
    d.grant("app", 1);
    d.add(cam, frame(seq), {});
    got += next_seq(d, "app") != 0 ? 1 : 0;
  }
  BOOST_TEST(got == limits::app_credit_max);
}

BOOST_AUTO_TEST_CASE(a_change_of_policy_lets_go_of_what_was_owed) {
  delivery d;
  d.subscribe("app", {{"*"}}, true);
  auto& cam = d.open("cam", at(1));
  for (std::uint64_t seq = 1; seq <= 3; ++seq)
    d.add(cam, frame(seq), {});
  d.grant("app", 1);
  next_seq(d, "app");
  BOOST_TEST(d.frames_in_flight() == 3u);
  d.subscribe("app", {{"*"}, wire::Policy::Latest}, false);
  BOOST_TEST(d.frames_in_flight() == 0u);
  BOOST_TEST(d.take_settled().back().settled_seq == 3u);
}

BOOST_AUTO_TEST_CASE(a_picture_is_kept_until_the_answer_if_a_cloud_may_want_it) {
  const auto bytes = std::make_shared<std::vector<std::byte>>(limits::picture_unanswered_bytes / 2);
  const payload jpeg(bytes, *bytes);
  for (const auto policy : {wire::Policy::Every, wire::Policy::Latest}) {
    delivery with(true);
    delivery without;
    for (auto* d : {&with, &without}) {
      subscription wants{{"*"}};
      wants.policy = policy;
      BOOST_TEST(d->subscribe("app", wants, true).has_value());
      auto& cam = d->open("cam", at(1));
      d->grant("app", 10);
      for (std::uint64_t seq = 1; seq <= 3; ++seq) {
        d->add(cam, frame(seq), jpeg);
        BOOST_TEST(next_seq(*d, "app") == seq);
      }
      std::size_t pictures = 0;
      for (std::uint64_t seq = 1; seq <= 3; ++seq)
        pictures += d->complete("app", cam, 1, seq, {})->front().picture.empty() ? 0 : 1;
      // The third one of those that need not be kept is beyond the bound.
      BOOST_TEST(pictures == (d == &without ? 0u : policy == wire::Policy::Every ? 3u : 2u));
      d->add(cam, frame(4), jpeg);
      BOOST_TEST(next_seq(*d, "app") == 4u); // there is room again
      BOOST_TEST(d->complete("app", cam, 1, 4, {})->front().picture.empty() == (d == &without));
    }
  }
}
