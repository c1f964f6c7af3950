// Publishing to a cloud with a connection and a clock that do what the test says: window, pace,
// batches, what is confirmed and what is given up.
#include "actors/cloud/publisher.hpp"

#include "schemas/codec.hpp"
#include "tests/unit/finished_frame.hpp"
#include "tests/unit/mqtt_connection.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <set>

namespace monopod {

namespace {

std::uint64_t clock_ns = 0;

struct scene {
  scene() {
    clock_ns = 1000 * ns_per_s;
    conf.site = "hall";
    conf.node = "a";
  }

  publisher& open() {
    results.emplace("local", cloud, conf, metrics, port,
                    publisher::owner{[this] { return may_act; },
                                     [this](std::uint64_t entry) { settled.push_back(entry); }},
                    publisher_clocks{[] { return clock_ns; }, [] { return clock_ns; }});
    return *results;
  }

  // A finished frame of that camera, as the ledger hands it over.
  static payload result_of(const std::string& camera, std::uint64_t seq, bool event = false) {
    auto f = finished_frame(camera, seq);
    if (event) {
      auto& e = f.events.emplace_back(std::make_unique<wire::EventT>());
      e->kind = wire::EventKind::Leave;
      e->zone = "door";
      e->track_id = 3;
      e->label = "person";
    }
    return packed(f);
  }
  void hand_over(std::uint64_t first, std::uint64_t last, const std::string& camera = "gate") {
    for (auto entry = first; entry <= last; ++entry)
      results->take(entry, result_of(camera, entry));
  }
  // As a timer of the owner's would: lets time pass until nothing waits for it.
  void pass(std::uint64_t for_ms) {
    const auto until_ns = clock_ns + for_ms * ns_per_ms;
    while (results->wake_ns() && *results->wake_ns() <= until_ns) {
      clock_ns = std::max(clock_ns, *results->wake_ns());
      results->publish_due();
    }
    clock_ns = until_ns;
  }

  config conf;
  cloud_config cloud;
  monopod::metrics metrics;
  mqtt_connection port;
  bool may_act = true;
  std::vector<std::uint64_t> settled;
  std::optional<publisher> results;
};

using entries = std::vector<std::uint64_t>;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_result_is_published_at_once_and_settled_when_it_is_confirmed, scene) {
  auto& p = open();
  hand_over(1, 2);
  BOOST_REQUIRE(port.sent.size() == 2u);
  BOOST_TEST(port.sent[0].topic == "monopod/hall/results/gate/people");
  BOOST_TEST(port.sent[0].qos == 1);
  BOOST_TEST(port.sent[0].text.find(R"("seq":1)") != std::string::npos);
  BOOST_TEST(settled.empty());
  BOOST_TEST(p.in_flight() == 2u);
  BOOST_TEST(p.confirmed(2));
  BOOST_TEST(!p.confirmed(2)); // the broker says it twice
  BOOST_TEST(!p.confirmed(9)); // never sent
  BOOST_TEST(settled == entries{2}, boost::test_tools::per_element());
  BOOST_TEST(p.busy());
  p.confirmed(1);
  BOOST_TEST(!p.busy());
  BOOST_TEST(p.published_results() == 2u);
  BOOST_TEST(p.confirmed_results() == 2u);
}

BOOST_FIXTURE_TEST_CASE(quality_of_service_is_what_both_sides_know, scene) {
  cloud.qos = 2;
  port.best_qos = 0;
  auto& p = open();
  hand_over(1, 1);
  BOOST_TEST(port.sent.at(0).qos == 0);
  BOOST_TEST(settled == entries{1}, boost::test_tools::per_element()); // nothing confirms it
  BOOST_TEST(!p.busy());
}

BOOST_FIXTURE_TEST_CASE(nothing_leaves_without_a_connection_or_without_the_lease, scene) {
  auto& p = open();
  port.up = false;
  hand_over(1, 1);
  port.up = true;
  may_act = false;
  hand_over(2, 2);
  BOOST_TEST(port.sent.empty());
  BOOST_TEST(settled.empty());
  BOOST_TEST(!p.busy()); // the ledger hands them over again
}

// The lease may end while a backlog waits for its pace (L1).
BOOST_FIXTURE_TEST_CASE(the_lease_is_asked_for_before_each_message, scene) {
  cloud.pace_messages_s = 1;
  open();
  hand_over(1, 3);
  const auto before = port.sent.size();
  may_act = false;
  pass(10'000);
  BOOST_TEST(port.sent.size() == before);
}

BOOST_FIXTURE_TEST_CASE(a_pace_is_kept_and_says_when_it_goes_on, scene) {
  cloud.pace_messages_s = 10;
  auto& p = open();
  hand_over(1, 20);
  const auto burst = port.sent.size(); // what limits::pace_burst_ms allows at once
  BOOST_TEST(burst >= 1u);
  BOOST_TEST(burst < 10u);
  BOOST_REQUIRE(p.wake_ns().has_value());
  BOOST_TEST(*p.wake_ns() > clock_ns);
  pass(500);
  BOOST_TEST(port.sent.size() == burst + 5);
  pass(10'000);
  BOOST_TEST(port.sent.size() == 20u);
  BOOST_TEST(!p.wake_ns());
}

// The status message that is sent on each connection counts, too.
BOOST_FIXTURE_TEST_CASE(other_messages_take_their_part_of_the_pace, scene) {
  cloud.pace_bytes_s = 1000;
  auto& p = open();
  p.note_other(5000);
  hand_over(1, 1);
  BOOST_TEST(port.sent.empty());
  pass(4000);
  BOOST_TEST(port.sent.empty());
  pass(1100);
  BOOST_TEST(port.sent.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_brokers_window_holds_batches_back, scene) {
  cloud.batch_results = 2;
  port.room = 1;
  auto& p = open();
  hand_over(1, 4);
  BOOST_TEST(port.sent.size() == 1u);
  BOOST_TEST(!p.wake_ns()); // a confirmation goes on, no time
  p.confirmed(1);
  BOOST_TEST(port.sent.size() == 2u);
  BOOST_TEST((settled == entries{1, 2}));
}

BOOST_FIXTURE_TEST_CASE(a_batch_leaves_when_it_is_full_or_its_time_has_come, scene) {
  cloud.batch_results = 3;
  cloud.batch_ms = 100;
  cloud.user_properties = true;
  auto& p = open();
  hand_over(1, 4);
  BOOST_REQUIRE(port.sent.size() == 1u);
  BOOST_TEST(port.sent[0].text.front() == '[');
  BOOST_TEST(port.sent[0].properties.front() == "results=3");
  pass(99);
  BOOST_TEST(port.sent.size() == 1u);
  pass(1);
  BOOST_REQUIRE(port.sent.size() == 2u);
  BOOST_TEST(port.sent[1].properties.front() == "results=1");
  p.confirmed(1);
  BOOST_TEST((settled == entries{1, 2, 3}));
}

BOOST_FIXTURE_TEST_CASE(each_topic_has_batches_of_its_own, scene) {
  cloud.batch_results = 2;
  open();
  hand_over(1, 1, "gate");
  hand_over(2, 2, "yard");
  hand_over(3, 3, "gate");
  BOOST_REQUIRE(port.sent.size() == 1u);
  BOOST_TEST(port.sent[0].topic == "monopod/hall/results/gate/people");
  pass(cloud.batch_ms);
  BOOST_REQUIRE(port.sent.size() == 2u);
  BOOST_TEST(port.sent[1].topic == "monopod/hall/results/yard/people");
}

BOOST_FIXTURE_TEST_CASE(a_batch_is_cut_to_what_the_broker_takes, scene) {
  cloud.batch_results = 3;
  auto& p = open();
  hand_over(1, 2);
  port.limit_bytes = 500; // of one result, not of two
  hand_over(3, 3);
  pass(1000);
  BOOST_TEST(port.sent.size() == 3u);
  for (int id = 1; id <= 3; ++id)
    p.confirmed(id);
  BOOST_TEST((settled == entries{1, 2, 3}));
}

// It would be refused on every connection, and hold up all others.
BOOST_FIXTURE_TEST_CASE(a_result_that_no_broker_takes_is_given_up_and_counted, scene) {
  open();
  port.limit_bytes = 10;
  hand_over(1, 1);
  port.limit_bytes = 1'000'000;
  port.refuses = true;
  hand_over(2, 2);
  port.refuses = false;
  hand_over(3, 3);
  BOOST_TEST(port.sent.size() == 1u);
  BOOST_TEST((settled == entries{1, 2}));
  BOOST_TEST(metrics.unpublished("local").Value() == 2.0);
}

// Rule of the outbox: what a breaking connection may have swallowed stays in it.
BOOST_FIXTURE_TEST_CASE(a_breaking_connection_settles_nothing, scene) {
  auto& p = open();
  hand_over(1, 1);
  port.breaks = true;
  hand_over(2, 2);
  BOOST_TEST(settled.empty());
  p.clear();
  BOOST_TEST(!p.busy());
  BOOST_TEST(!p.confirmed(1)); // of the connection before
  port.up = true;
  port.breaks = false;
  hand_over(1, 2); // the ledger does
  p.confirmed(2);
  p.confirmed(3);
  BOOST_TEST((settled == entries{1, 2}));
}

BOOST_FIXTURE_TEST_CASE(events_go_before_their_result_and_both_settle_the_entry, scene) {
  cloud.user_properties = true;
  auto& p = open();
  p.take(4, result_of("gate", 4, true));
  BOOST_REQUIRE(port.sent.size() == 2u);
  BOOST_TEST(port.sent[0].topic == "monopod/hall/events/gate/people");
  BOOST_TEST(port.sent[0].text.starts_with(R"({"key":"hall/gate/1/4/people/events",)"));
  BOOST_TEST(port.sent[0].text.ends_with(
      R"("events":[{"kind":"leave","zone":"door","track_id":3,"label":"person"}]})"));
  BOOST_TEST(port.sent[0].properties.front() == "key=hall/gate/1/4/people/events");
  BOOST_TEST(port.sent[1].topic == "monopod/hall/results/gate/people");
  BOOST_TEST(p.in_flight() == 1u);
  p.confirmed(2);
  BOOST_TEST(settled.empty());
  p.confirmed(1);
  BOOST_TEST(settled == entries{4}, boost::test_tools::per_element());
  BOOST_TEST(p.confirmed_results() == 1u);
}

BOOST_FIXTURE_TEST_CASE(events_without_confirmations_settle_their_entry_once, scene) {
  cloud.qos = 0;
  open().take(4, result_of("gate", 4, true));
  BOOST_TEST(settled == entries{4}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(events_of_a_batch_go_one_by_one_before_it, scene) {
  cloud.batch_results = 2;
  auto& p = open();
  p.take(1, result_of("gate", 1, true));
  BOOST_TEST(port.sent.empty());
  p.take(2, result_of("gate", 2, true));
  BOOST_REQUIRE(port.sent.size() == 3u);
  BOOST_TEST(port.sent[1].topic == "monopod/hall/events/gate/people");
  BOOST_TEST(port.sent[2].text.front() == '[');
  for (const int id : {3, 1, 2})
    p.confirmed(id);
  BOOST_TEST((settled == entries{1, 2}));
}

BOOST_FIXTURE_TEST_CASE(events_that_no_broker_takes_do_not_hold_up_their_result, scene) {
  auto& p = open();
  port.refuses = true;
  p.take(1, result_of("gate", 1, true));
  BOOST_TEST(settled == entries{1}, boost::test_tools::per_element()); // both are given up
  BOOST_TEST(metrics.unpublished("local").Value() == 2.0);
  port.refuses = false;
  port.breaks = true;
  p.take(2, result_of("gate", 2, true));
  p.clear();
  port.breaks = false;
  port.up = true;
  p.take(2, result_of("gate", 2, true)); // handed over again
  p.confirmed(1);
  p.confirmed(2);
  BOOST_TEST((settled == entries{1, 2}));
}

BOOST_FIXTURE_TEST_CASE(an_entry_that_is_no_result_is_counted, scene) {
  open();
  flatbuffers::FlatBufferBuilder b;
  const auto op = finish_op(b, 1, 7, wire::CreateStreamOpenedDirect(b, "gate", 1));
  const auto copy = std::make_shared<std::vector<std::byte>>(
      reinterpret_cast<const std::byte*>(op.data()),
      reinterpret_cast<const std::byte*>(op.data()) + op.size());
  results->take(1, payload(copy, *copy));
  BOOST_TEST(port.sent.empty());
  BOOST_TEST(metrics.malformed_messages.Value() == 1.0);
}

} // namespace monopod
