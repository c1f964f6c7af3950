#include "replication/lease.hpp"

#include <boost/test/unit_test.hpp>

using namespace monopod;

namespace {

constexpr std::uint64_t ms = 1'000'000;
const lease_times lan;
const member backup{"b", 1};

} // namespace

BOOST_AUTO_TEST_CASE(times_leave_a_margin) {
  BOOST_TEST(lan.sound());
  BOOST_TEST((lease_times{5 * ms, 20 * ms, 40 * ms, 48 * ms}.sound()));
  BOOST_TEST((!lease_times{5 * ms, 20 * ms, 40 * ms, 47 * ms}.sound())); // G < 1.2 L
  BOOST_TEST((!lease_times{5 * ms, 21 * ms, 40 * ms, 48 * ms}.sound())); // D too near to L
  BOOST_TEST((!lease_times{0, 20 * ms, 40 * ms, 48 * ms}.sound()));
}

BOOST_AUTO_TEST_CASE(a_lease_counts_from_the_sending_of_the_beat) {
  lease_holder l(lan, 0);
  l.sent(1, 100 * ms);
  BOOST_TEST(!l.holds(backup, 100 * ms));
  l.answered(backup, 1, 150 * ms);
  BOOST_TEST(l.holds(backup, 219 * ms));
  BOOST_TEST(!l.holds(backup, 220 * ms));
}

BOOST_AUTO_TEST_CASE(an_old_or_unknown_answer_changes_nothing) {
  lease_holder l(lan, 0);
  l.sent(1, 100 * ms);
  l.sent(2, 120 * ms);
  l.answered(backup, 2, 121 * ms);
  l.answered(backup, 1, 122 * ms);
  BOOST_TEST(l.heard_ns(backup) == 120 * ms);
  l.answered(backup, 7, 123 * ms);
  l.answered({"b", 2}, 2, 123 * ms); // another life
  BOOST_TEST(l.heard_ns(backup) == 120 * ms);
  BOOST_TEST(!l.holds({"b", 3}, 123 * ms));
}

BOOST_AUTO_TEST_CASE(who_was_asked_nothing_is_not_silent) {
  lease_holder l(lan, 0);
  l.sent(1, 100 * ms);
  l.answered(backup, 1, 101 * ms);
  BOOST_TEST(l.silent_ns(backup, 190 * ms) == 0u); // the primary slept
  l.sent(2, 190 * ms);
  BOOST_TEST(l.silent_ns(backup, 191 * ms) == 1 * ms);
  l.sent(3, 210 * ms);
  BOOST_TEST(l.silent_ns(backup, 260 * ms) == 70 * ms);
  l.answered(backup, 2, 261 * ms);
  BOOST_TEST(l.silent_ns(backup, 262 * ms) == 52 * ms);
}

BOOST_AUTO_TEST_CASE(a_primary_s_own_pause_is_nobody_s_silence) {
  lease_holder l(lan, 0);
  BOOST_TEST(l.sent(1, 100 * ms) == 0u);
  l.answered(backup, 1, 101 * ms);
  BOOST_TEST(l.sent(2, 120 * ms) == 0u);
  BOOST_TEST(l.sent(3, 210 * ms) == 70 * ms); // due at 140
  BOOST_TEST(l.silent_ns(backup, 210 * ms) == 20 * ms);
  BOOST_TEST(l.sent(4, 230 * ms) == 0u);
  BOOST_TEST(l.silent_ns(backup, 251 * ms) == 61 * ms);
  l.answered(backup, 2, 252 * ms);
  BOOST_TEST(l.silent_ns(backup, 252 * ms) == 42 * ms); // from beat 3 on, which was late before
  BOOST_TEST(!l.holds(backup, 252 * ms));               // the lease ends by the clock
}

// With every late timer counted, a backup that was gone stayed until the lease had ended (I8).
BOOST_AUTO_TEST_CASE(a_late_timer_is_no_pause) {
  lease_holder l(lan, 0);
  for (std::uint64_t n = 0; n < 4; ++n)
    BOOST_TEST(l.sent(n, 100 * ms + n * 29 * ms) == 0u);
  BOOST_TEST(l.silent_ns(backup, 187 * ms) == 87 * ms);
}

BOOST_AUTO_TEST_CASE(beats_that_are_older_than_a_lease_are_forgotten) {
  lease_holder l(lan, 0);
  l.sent(1, 0);
  l.sent(2, 121 * ms);
  l.answered(backup, 1, 122 * ms);
  BOOST_TEST(!l.holds(backup, 122 * ms));
}

BOOST_AUTO_TEST_CASE(a_promise_outlasts_the_lease_and_ends_when_it_is_given_back) {
  lease_promise p(lan);
  BOOST_TEST(p.over(0));
  p.give(100 * ms);
  BOOST_TEST(!p.over(244 * ms));
  BOOST_TEST(p.over(245 * ms));
  p.give(50 * ms); // a late message shortens nothing
  BOOST_TEST(!p.over(244 * ms));
  p.end(200 * ms);
  BOOST_TEST(p.over(200 * ms));
  p.wait(200 * ms, 60 * ms);
  BOOST_TEST(!p.over(259 * ms));
}
