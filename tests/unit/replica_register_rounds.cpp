// Runs that the model and the simulator found, repeated with three real replicas and a network that
// loses what is named.
#include "tests/unit/replica_group.hpp"

#include <boost/test/unit_test.hpp>

namespace monopod {

namespace {

struct three_replicas : replica_group {
  three_replicas() { start_all(); }
};

} // namespace

// A round of the register that would outlive the epoch in which it began: replication/model,
// claim.R1-epoch.
BOOST_FIXTURE_TEST_CASE(an_old_handover_ends_with_its_epoch, three_replicas) {
  auto& a = at("a");
  auto& b = at("b");
  const auto all_in_sync = [&] {
    return b.known() != nullptr && b.known()->in_sync.size() == 3 && a.known() == b.known();
  };
  BOOST_REQUIRE(run(3000, [&] { return all_in_sync() && a.may_act(now_ns); }));

  // a hands over to b, and is cut off: the round is open, the lease ends, b claims.
  lost = [](const letter& m) { return m.from == "a" || m.to == "a"; };
  step("a", input::hand_over{"b"});
  BOOST_REQUIRE(run(1000, [&] { return b.may_act(now_ns); }));
  // a joins again, while its round gets nowhere.
  const auto a_asks = [](const letter& m) {
    return m.from == "a" && (is<peer::prepare>(m) || is<peer::accept>(m));
  };
  lost = a_asks;
  BOOST_REQUIRE(run(3000, all_in_sync));
  // b hands over to a, without hearing that it is decided.
  const auto b_hears_no_round = [](const letter& m) {
    return m.to == "b" && (is<peer::promised>(m) || is<peer::accepted>(m));
  };
  step("b", input::hand_over{"a"});
  lost = [&](const letter& m) { return a_asks(m) || b_hears_no_round(m); };
  BOOST_REQUIRE(run(1000, [&] { return a.may_act(now_ns); }));
  // a could go on with its old round.
  bool proposed = false;
  lost = [&](const letter& m) {
    const auto* accept = std::get_if<peer::accept>(&m.body);
    proposed =
        proposed || (m.from == "a" && accept != nullptr && accept->value->primary.name == "b");
    return (m.to == "a" && is<peer::accepted>(m)) || b_hears_no_round(m);
  };
  BOOST_TEST(!run(1000, [&] { return proposed; }));
  lost = [](const letter& m) { return m.to == "a"; };
  run(400, [&] {
    BOOST_TEST(!(a.may_act(now_ns) && b.may_act(now_ns))); // I2
    return false;
  });
}

// Found by the simulator (seed 168955 at c0b120e; I8): a deaf primary was taking out members that
// it did not hear, stepped down, and went on preparing, in the way of a member that could serve.
BOOST_FIXTURE_TEST_CASE(who_is_primary_no_longer_prepares_nothing_more, three_replicas) {
  auto& a = at("a");
  BOOST_REQUIRE(run(3000, [&] {
    return a.known() != nullptr && a.known()->in_sync.size() == 3 && a.may_act(now_ns);
  }));
  unsigned prepared = 0;
  lost = [&](const letter& m) {
    prepared += m.from == "a" && is<peer::prepare>(m) ? 1 : 0;
    return m.to == "a";
  };
  BOOST_REQUIRE(run(1000, [&] { return a.what() == replica::role::backup; }));
  BOOST_TEST(prepared > 0u);
  prepared = 0;
  run(1000, [] { return false; });
  BOOST_TEST(prepared == 0u);
  BOOST_TEST((at("b").may_act(now_ns) || at("c").may_act(now_ns)));
}

// Found by the simulator (seed 427853 at ed70d4d; I8): a primary handed over and was cut off, its
// heir died, and the third waited twice: for the old one, and then for the heir, whose next life
// answered.
BOOST_FIXTURE_TEST_CASE(who_has_ended_gets_no_time_to_begin, three_replicas) {
  auto& c = at("c");
  BOOST_REQUIRE(run(3000, [&] {
    return c.known() != nullptr && c.known()->in_sync.size() == 3 && at("a").may_act(now_ns);
  }));
  lost = [](const letter& m) { return m.from == "c" || m.to == "c"; };
  step("a", input::hand_over{"b"});
  deliver();
  BOOST_REQUIRE((at("b").what() == replica::role::primary));
  network.clear();
  start("b", 2);
  lost = [](const letter& m) { return m.from == "a" || m.to == "a"; };
  const lease_times lan;
  const auto rounds_ms = 80;
  BOOST_TEST(
      run((lan.promise_ns + lan.silence_ns) / ms + rounds_ms, [&] { return c.may_act(now_ns); }));
}

// Found by the simulator (seed 934994 at ed70d4d; I8): the seat of a voter was kept for the one
// that had asked for it, which was gone by then. With a third one gone, that was one too many.
BOOST_FIXTURE_TEST_CASE(a_seat_is_for_who_asks_when_it_is_free, three_replicas) {
  auto& a = at("a");
  BOOST_REQUIRE(run(3000, [&] {
    return a.known() != nullptr && a.known()->in_sync.size() == 3 && a.may_act(now_ns);
  }));
  const auto lists = [&](std::uint64_t id) { return a.known()->lists(voter{"b", id}); };
  disks["b"] = {};
  start("b", 1, 1001);
  BOOST_REQUIRE(run(3000, [&] { return !a.known()->lists("b"); }));
  disks["b"] = {};
  start("b", 1, 1002);
  network.clear();
  BOOST_TEST(run(1000, [&] { return lists(1002) || lists(1001); }));
  BOOST_TEST(lists(1002));
}

// C3: all ledgers in memory are gone, and the voters' files are not.
BOOST_FIXTURE_TEST_CASE(a_new_start_of_the_group_is_counted, three_replicas) {
  const auto serves = [&](const char* name) { return at(name).accepting(now_ns); };
  BOOST_REQUIRE(run(3000, [&] { return serves("a") && at("c").known()->in_sync.size() == 3; }));
  for (const auto* name : {"a", "b", "c"})
    BOOST_TEST(at(name).counts().restarts == 0u);
  network.clear();
  for (const auto* name : {"a", "b", "c"})
    start(name, 2);
  BOOST_REQUIRE(run(3000, [&] { return serves("a") || serves("b") || serves("c"); }));
  const auto sum =
      at("a").counts().restarts + at("b").counts().restarts + at("c").counts().restarts;
  BOOST_TEST(sum == 1u);
}

// input::links_lost: a restarted replicator's.
BOOST_FIXTURE_TEST_CASE(what_was_under_way_is_said_again_over_new_links, three_replicas) {
  auto& a = at("a");
  BOOST_REQUIRE(run(3000, [&] {
    return a.known() != nullptr && a.known()->in_sync.size() == 3 && a.accepting(now_ns);
  }));
  lost = [](const letter&) { return true; };
  append("a", "cam");
  deliver();
  BOOST_TEST(at("b").log().last() == 0u);
  lost = [](const letter& m) { return is<peer::ack>(m); };
  step("a", input::links_lost{});
  deliver();
  for (const auto* backup : {"b", "c"})
    BOOST_TEST(at(backup).log().last() == 1u);
  BOOST_TEST(a.log().commit() == 0u);
  lost = [](const letter&) { return false; };
  for (const auto* backup : {"b", "c"})
    step(backup, input::links_lost{}); // their acknowledgements were lost
  deliver();
  BOOST_TEST(a.log().commit() == 1u);
}

} // namespace monopod
