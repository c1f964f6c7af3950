// The camera's side of schemas/camera.fbs: time is a parameter, messages are made by hand.
#include "clients/camera_window.hpp"

#include "core/clock.hpp"
#include "schemas/codec.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <vector>

namespace monopod {

namespace {

using reason = wire::RefuseReason;
using push_result = camera_window::push_result;

payload bytes(std::size_t count) {
  const auto data = std::make_shared<std::vector<std::byte>>(count, std::byte{0x42});
  return {data, *data};
}

// A window with a hand-made gateway in front of it.
struct camera : camera_window {
  explicit camera(const window_options& o = {}, std::uint64_t number = 7)
      : camera_window(number, o) {}

  push_result push_one(std::size_t size = 10) { return push(bytes(size), 1, 640, 480, now_ns); }
  void push_many(int count) {
    for (int i = 0; i < count; ++i)
      BOOST_REQUIRE((push_one() == push_result::taken));
  }
  // Sends all that may be sent.
  std::vector<std::uint64_t> send_all() {
    std::vector<std::uint64_t> seqs;
    while (const auto f = next()) {
      seqs.push_back(f->info.seq);
      gaps.push_back(f->info.dropped_before);
      sent(now_ns);
    }
    return seqs;
  }
  void welcome(std::uint64_t cursor, std::uint32_t credit = 100, std::uint64_t e = 1,
               std::uint64_t credit_bytes = 0) {
    b.Clear();
    const auto m =
        wire::CreateWelcomeDirect(b, "cam", stream(), cursor, credit, 0, nullptr, credit_bytes);
    on_welcome(e, *body<wire::Welcome>(finish_camera(b, e, m)), now_ns);
  }
  void ack(std::uint64_t cursor, std::uint32_t credit = 100, std::uint64_t e = 1,
           std::uint64_t credit_bytes = 0) {
    b.Clear();
    const auto m = wire::CreateAckDirect(b, "cam", stream(), cursor, credit, credit_bytes);
    on_ack(e, *body<wire::Ack>(finish_camera(b, e, m)), now_ns);
  }
  void refuse(reason why, std::uint64_t seq = 0, double jitter = 0, std::uint64_t e = 1) {
    refuse_of(stream(), why, seq, jitter, e);
  }
  void refuse_of(std::uint64_t of_stream, reason why, std::uint64_t seq = 0, double jitter = 0,
                 std::uint64_t e = 1) {
    b.Clear();
    const auto m = wire::CreateRefusedDirect(b, "cam", of_stream, seq, why, "detail");
    on_refused(e, *body<wire::Refused>(finish_camera(b, e, m)), now_ns, jitter);
  }
  // Milliseconds until Hello is due, found by looking every millisecond.
  std::uint64_t hello_due_in_ms() {
    std::uint64_t ms = 0;
    while (!hello_due(now_ns + ms * ns_per_ms))
      BOOST_REQUIRE(++ms < 100'000u);
    return ms;
  }

  std::uint64_t now_ns = 1'000 * ns_per_s;
  std::vector<std::uint32_t> gaps; // dropped_before of each frame sent

private:
  template <class Body>
  static const Body* body(std::span<const std::uint8_t> message) {
    return decode_camera(std::as_bytes(message))->body_as<Body>();
  }
  flatbuffers::FlatBufferBuilder b;
};

using seqs = std::vector<std::uint64_t>;
using gap_list = std::vector<std::uint32_t>;

} // namespace

BOOST_AUTO_TEST_CASE(nothing_is_sent_before_welcome_and_never_more_than_credit) {
  camera c;
  c.push_many(5);
  BOOST_TEST(!c.next());
  c.welcome(0, 2);
  BOOST_TEST((c.send_all() == seqs{1, 2}));
  c.ack(1, 2);
  BOOST_TEST((c.send_all() == seqs{3}));
  c.ack(1, 4); // only more credit
  BOOST_TEST((c.send_all() == seqs{4, 5}));
  c.ack(5);
  BOOST_TEST(c.held() == 0u);
  BOOST_TEST(c.stats().sent == 5u);
  BOOST_TEST(c.stats().acknowledged == 5u);
  BOOST_TEST(c.stats().resent == 0u);
}

BOOST_AUTO_TEST_CASE(credit_may_shrink) {
  camera c;
  c.push_many(6);
  c.welcome(0, 4);
  BOOST_TEST(c.send_all().size() == 4u);
  c.ack(1, 1); // three are still in flight
  BOOST_TEST(!c.next());
  c.ack(4, 1);
  BOOST_TEST((c.send_all() == seqs{5}));
}

BOOST_AUTO_TEST_CASE(credit_counts_bytes_too_and_one_frame_may_always_go) {
  camera c;
  c.push_many(4); // of 10 bytes
  c.push_one(100);
  c.push_many(1);
  c.welcome(0, 100, 1, 25);
  BOOST_TEST((c.send_all() == std::vector<std::uint64_t>{1, 2}));
  c.ack(1, 100, 1, 25);
  BOOST_TEST((c.send_all() == std::vector<std::uint64_t>{3}));
  c.welcome(4, 100, 1, 25); // 4 was sent to an earlier gateway, perhaps
  BOOST_TEST((c.send_all() == std::vector<std::uint64_t>{5}));
  c.ack(5, 100, 1, 25);
  BOOST_TEST((c.send_all() == std::vector<std::uint64_t>{6}));
  c.push_many(4);
  c.ack(6);                              // a gateway that does not say
  BOOST_TEST(c.send_all().size() == 4u); // of any size
}

BOOST_AUTO_TEST_CASE(a_full_window_blocks_without_taking_a_number) {
  camera c({.frames = 2});
  c.push_many(2);
  BOOST_TEST((c.push_one() == push_result::full));
  BOOST_TEST(c.stats().taken == 2u);
  c.welcome(0);
  c.send_all();
  c.ack(1);
  BOOST_TEST((c.push_one() == push_result::taken));
  BOOST_TEST((c.send_all() == seqs{3}));
  BOOST_TEST((c.gaps == gap_list{0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(bytes_bound_the_window_too) {
  camera c({.frames = 10, .bytes = 100});
  BOOST_TEST((c.push_one(60) == push_result::taken));
  BOOST_TEST((c.push_one(41) == push_result::full));
  BOOST_TEST((c.push_one(40) == push_result::taken));
  c.welcome(0);
  c.send_all();
  c.ack(1); // gives its bytes back
  BOOST_TEST((c.push_one(60) == push_result::taken));
}

BOOST_AUTO_TEST_CASE(the_oldest_unsent_frame_makes_room_and_the_gap_is_declared) {
  camera c({.frames = 3, .full = full_policy::drop_oldest});
  c.push_many(3);
  c.welcome(0, 1);
  BOOST_TEST((c.send_all() == seqs{1}));
  BOOST_TEST((c.push_one() == push_result::taken)); // 2 leaves
  BOOST_TEST((c.push_one() == push_result::taken)); // 3 leaves
  c.ack(1, 10);
  BOOST_TEST((c.send_all() == seqs{4, 5}));
  BOOST_TEST((c.gaps == gap_list{0, 2, 0}));
  BOOST_TEST(c.stats().dropped == 2u);
}

BOOST_AUTO_TEST_CASE(a_new_frame_is_dropped_where_all_are_in_flight) {
  camera c({.frames = 2, .full = full_policy::drop_oldest});
  c.push_many(2);
  c.welcome(0);
  c.send_all();
  BOOST_TEST((c.push_one() == push_result::dropped));
  c.ack(2);
  c.push_many(1);
  BOOST_TEST((c.send_all() == seqs{4}));
  BOOST_TEST(c.gaps.back() == 1u);
  BOOST_TEST(c.stats().dropped == 1u);
}

BOOST_AUTO_TEST_CASE(a_frame_larger_than_the_window_costs_only_itself) {
  for (const auto full : {full_policy::block, full_policy::drop_oldest}) {
    camera c({.frames = 3, .bytes = 100, .full = full});
    c.push_many(2);
    BOOST_TEST((c.push_one(101) == push_result::dropped));
    BOOST_TEST(c.held() == 2u);
    c.push_many(1);
    c.welcome(0);
    BOOST_TEST((c.send_all() == seqs{1, 2, 4}));
    BOOST_TEST((c.gaps == gap_list{0, 0, 1}));
  }
}

BOOST_AUTO_TEST_CASE(welcome_replays_what_is_unsettled) {
  camera c;
  c.push_many(4);
  c.welcome(0);
  c.send_all();
  c.welcome(2); // another primary
  BOOST_TEST((c.send_all() == seqs{3, 4}));
  BOOST_TEST(c.stats().resent == 2u);
  BOOST_TEST(c.stats().sent == 4u);
  BOOST_TEST(c.stats().acknowledged == 2u);
}

BOOST_AUTO_TEST_CASE(acknowledgements_are_cumulative_and_never_go_back) {
  camera c;
  c.push_many(4);
  c.welcome(0);
  c.send_all();
  c.now_ns += 30 * ns_per_ms;
  c.ack(3);
  BOOST_TEST(c.held() == 1u);
  BOOST_TEST(c.stats().round_trip_ms.count() == 3u);
  BOOST_TEST(c.stats().round_trip_ms.percentile(50) == 30.0);
  c.ack(2);
  c.ack(5); // never pushed
  BOOST_TEST(c.held() == 1u);
  BOOST_TEST(c.stats().ignored == 2u);
}

BOOST_AUTO_TEST_CASE(lower_epochs_and_other_streams_are_ignored) {
  camera c;
  c.push_many(3);
  c.welcome(0, 100, 5);
  c.send_all();
  c.ack(1, 100, 4);
  c.welcome(2, 100, 4);
  c.refuse(reason::TooLarge, 1, 0, 4);
  BOOST_TEST(c.held() == 3u);
  BOOST_TEST(c.stats().ignored == 3u);
  c.ack(1, 100, 6);
  BOOST_TEST(c.epoch() == 6u);
  BOOST_TEST(c.held() == 2u);
  c.refuse_of(8, reason::TooLarge, 2, 0, 6);
  BOOST_TEST(c.held() == 2u);
}

BOOST_AUTO_TEST_CASE(hello_is_due_at_once_and_again_until_it_is_answered) {
  camera c;
  BOOST_TEST(c.hello_due_in_ms() == 0u);
  c.hello_said(c.now_ns);
  BOOST_TEST(c.hello_due_in_ms() == 1000u);
  BOOST_TEST(c.next_look_ns() == c.now_ns + 1000 * ns_per_ms);
  c.welcome(0);
  BOOST_TEST(!c.hello_due(c.now_ns + 3600 * ns_per_s)); // nothing is in flight
  BOOST_TEST(c.next_look_ns() == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(without_progress_the_camera_asks_where_it_stands) {
  camera c({.resend_ms = 300});
  c.push_many(2);
  c.welcome(0);
  c.now_ns += 50 * ns_per_ms;
  c.send_all();
  BOOST_TEST(c.next_look_ns() == c.now_ns + 300 * ns_per_ms);
  c.now_ns += 200 * ns_per_ms;
  c.ack(1); // progress
  c.now_ns += 299 * ns_per_ms;
  BOOST_TEST(!c.hello_due(c.now_ns));
  c.now_ns += ns_per_ms;
  BOOST_TEST(c.hello_due(c.now_ns));
  BOOST_TEST(!c.welcomed());
  c.hello_said(c.now_ns);
  c.push_many(1);
  BOOST_TEST(!c.next()); // not before the answer
  c.welcome(1);
  BOOST_TEST((c.send_all() == seqs{2, 3}));
}

BOOST_AUTO_TEST_CASE(retries_back_off_within_bounds_and_start_again_after_welcome) {
  for (const double jitter : {0.0, 0.5, 1.0}) {
    camera c;
    for (int round = 0; round < 2; ++round) {
      for (const double ms : {200, 400, 800, 1600, 3200, 5000, 5000}) {
        c.now_ns += 100 * ns_per_s;
        c.hello_said(c.now_ns);
        c.refuse(reason::NotReady, 0, jitter);
        BOOST_TEST(c.hello_due_in_ms() == static_cast<std::uint64_t>(ms * (0.5 + jitter / 2)));
      }
      BOOST_TEST(c.stats().last_refusal == "NotReady: detail");
      c.welcome(0);
      BOOST_TEST(c.stats().last_refusal.empty());
    }
    BOOST_TEST(c.stats().refusals.at(static_cast<std::size_t>(reason::NotReady)) == 14u);
  }
}

BOOST_AUTO_TEST_CASE(a_reason_of_a_newer_gateway_backs_off) {
  camera c;
  c.welcome(0);
  c.refuse(static_cast<reason>(200));
  BOOST_TEST(!c.welcomed());
  BOOST_TEST(c.stats().last_refusal == "reason 200: detail");
}

BOOST_AUTO_TEST_CASE(a_lost_place_asks_again_soon_but_not_in_a_storm) {
  for (const auto why : {reason::NotOpen, reason::OverCredit}) {
    camera c;
    c.push_many(2);
    c.hello_said(c.now_ns);
    c.welcome(0);
    c.send_all();
    c.now_ns += 10 * ns_per_ms;
    c.refuse(why, 1);
    c.refuse(why, 2);
    BOOST_TEST(!c.welcomed());
    BOOST_TEST(c.hello_due_in_ms() == 40u); // 50 ms after the last one
    c.hello_said(c.now_ns);
    c.refuse(why, 1); // late: Hello is on its way
    BOOST_TEST(c.hello_due_in_ms() == 1000u);
    BOOST_TEST(c.held() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_stale_stream_continues_under_a_number_above) {
  camera c({}, 7);
  c.push_many(3);
  c.welcome(0, 2);
  c.send_all();
  c.ack(1, 2);
  c.refuse_of(20, reason::StaleStream);
  BOOST_TEST(c.stream() == 21u);
  BOOST_TEST(!c.welcomed());
  c.welcome(0);
  BOOST_TEST((c.send_all() == seqs{1, 2})); // what were 2 and 3
  c.push_many(1);
  BOOST_TEST((c.send_all() == seqs{3}));
  c.ack(3);
  BOOST_TEST(c.held() == 0u);
  BOOST_TEST(c.stats().acknowledged == 4u);
  c.refuse_of(20, reason::StaleStream); // late
  BOOST_TEST(c.stream() == 21u);
}

BOOST_AUTO_TEST_CASE(a_stream_that_nothing_is_above_is_not_followed) {
  camera c({}, 7);
  c.push_many(1);
  c.welcome(0);
  c.refuse_of(UINT64_MAX, reason::StaleStream);
  BOOST_TEST(c.stream() == 7u);
  BOOST_TEST(!c.welcomed());
  BOOST_TEST(c.stats().last_refusal == "StaleStream: detail");
}

BOOST_AUTO_TEST_CASE(a_hello_that_is_refused_for_its_clock_is_repeated) {
  camera c;
  c.push_many(1);
  c.welcome(0);
  c.refuse(reason::FromTheFuture); // of no frame
  BOOST_TEST(!c.welcomed());
  BOOST_TEST(c.held() == 1u);
  BOOST_TEST(c.stats().last_refusal == "FromTheFuture: detail");
}

BOOST_AUTO_TEST_CASE(frames_refused_for_good_leave_and_the_gap_is_declared) {
  for (const auto why :
       {reason::TooLarge, reason::FromTheFuture, reason::Malformed, reason::UnknownEncoding}) {
    camera c;
    c.push_many(4);
    c.welcome(0, 3);
    c.send_all();
    c.refuse(why, 2);
    c.refuse(why, 2);  // twice
    c.refuse(why, 99); // never sent
    BOOST_TEST(c.stats().refused == 1u);
    BOOST_TEST(c.held() == 3u);
    BOOST_TEST((c.send_all() == seqs{4})); // its place in the credit is free
    c.welcome(0);
    c.gaps.clear();
    BOOST_TEST((c.send_all() == seqs{1, 3, 4}));
    BOOST_TEST((c.gaps == gap_list{0, 1, 0}));
    c.ack(4);
    BOOST_TEST(c.held() == 0u);
    BOOST_TEST(c.stats().acknowledged == 3u);
  }
}

BOOST_AUTO_TEST_CASE(a_new_connection_hears_hello_and_all_that_is_unsettled) {
  camera c;
  c.on_connected(c.now_ns); // the first one, before any Welcome
  c.hello_said(c.now_ns);
  c.welcome(0);
  c.push_many(3);
  c.send_all();
  c.now_ns += 100 * ns_per_ms;
  c.on_connected(c.now_ns);
  BOOST_TEST(c.hello_due_in_ms() == 0u);
  BOOST_TEST(c.send_all().empty());
  c.welcome(1);
  BOOST_TEST(c.send_all() == (std::vector<std::uint64_t>{2, 3}), boost::test_tools::per_element());
}

} // namespace monopod
