// How long a primary may still act, as status and metrics tell it: until the first lease of a
// counted member ends (L2).
#include "tests/unit/replica_group.hpp"

#include <boost/test/unit_test.hpp>

namespace monopod {

namespace {

constexpr lease_times lan;

struct three_replicas : replica_group {
  three_replicas() {
    start_all();
    BOOST_REQUIRE(run(3000, [&] { return members() == 3 && at("a").may_act(now_ns); }));
  }
  std::size_t members() { // in sync
    const auto& v = at("a").known();
    return v == nullptr ? 0 : v->in_sync.size();
  }
  std::uint64_t left_ns() { return at("a").lease_left_ns(now_ns); }
  // From now on, if nothing arrives any more.
  void acts_for_as_long_as_it_says() {
    BOOST_TEST(at("a").may_act(now_ns) == (left_ns() > 0));
    BOOST_TEST(!at("a").may_act(now_ns + left_ns()));
    if (left_ns() > 0)
      BOOST_TEST(at("a").may_act(now_ns + left_ns() - 1));
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(it_is_the_shortest_lease_of_the_members_in_sync, three_replicas) {
  bool c_answers = true;
  lost = [&](const letter& m) { return m.from == "c" && is<peer::beat_answer>(m) && !c_answers; };
  BOOST_REQUIRE(run(50, [&] { return left_ns() == lan.lease_ns; })); // both answered at once
  c_answers = false;
  const auto from_ns = now_ns;
  for (auto before_ns = left_ns(); members() == 3; before_ns = left_ns()) {
    acts_for_as_long_as_it_says();
    BOOST_REQUIRE(before_ns == lan.lease_ns - (now_ns - from_ns));
    run(1, [] { return false; });
  }
  BOOST_TEST((now_ns - from_ns) > lan.silence_ns); // c is taken out, and b has answered since
  BOOST_TEST(left_ns() > lan.lease_ns - lan.silence_ns);
  acts_for_as_long_as_it_says();
}

// It may be in a view that is decided without its proposer's knowledge.
BOOST_FIXTURE_TEST_CASE(the_lease_of_a_proposed_joiner_counts, three_replicas) {
  all.erase("c");
  BOOST_REQUIRE(run(1000, [&] { return members() == 2; }));
  bool proposed = false;
  const auto proposes_c = [&](const letter& m) {
    const auto* accept = std::get_if<peer::accept>(&m.body);
    return m.from == "a" && accept != nullptr && accept->value->in_sync.size() == 3;
  };
  lost = [&](const letter& m) {
    proposed = proposed || proposes_c(m);
    const bool vote = is<peer::accepted>(m) || is<peer::promised>(m); // so that nothing is decided
    return proposed && m.to == "a" && (vote || (m.from == "c" && is<peer::beat_answer>(m)));
  };
  start("c", 2);
  BOOST_REQUIRE(run(3000, [&] { return proposed; }));
  const auto end_ns = now_ns + left_ns();
  BOOST_TEST(run(2 * lan.lease_ns / ms, [&] {
    acts_for_as_long_as_it_says();
    BOOST_TEST(at("a").may_act(now_ns) == (now_ns < end_ns)); // although b goes on answering
    return at("a").what() != replica::role::primary;
  }));
  BOOST_TEST(members() == 2u);
}

BOOST_FIXTURE_TEST_CASE(it_is_0_while_a_handover_is_decided, three_replicas) {
  step("a", input::hand_over{});
  BOOST_TEST((at("a").what() == replica::role::primary));
  acts_for_as_long_as_it_says();
  BOOST_TEST(left_ns() == 0u);
}

BOOST_AUTO_TEST_CASE(a_primary_alone_always_has_a_whole_lease) {
  replica_outputs out;
  const auto alone = replica::alone("a", ledger({}), {}, false, out);
  BOOST_TEST(alone.lease_left_ns(77) == lan.lease_ns);
}

} // namespace monopod
