// The rate at which messages leave, at given times.
#include "actors/cloud/pacer.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <random>

namespace monopod {

namespace {

constexpr std::uint64_t start_ns = 1'000 * ns_per_s;

// Messages that leave within `seconds` where as many as may go at once.
std::uint64_t greedy(pacer& p, double seconds, std::uint64_t bytes) {
  const auto end_ns = start_ns + static_cast<std::uint64_t>(seconds * 1e9);
  std::uint64_t sent = 0;
  for (auto now = start_ns; now < end_ns; now = std::max(now, p.ready_ns())) {
    p.take(bytes, now);
    ++sent;
  }
  return sent;
}

} // namespace

BOOST_AUTO_TEST_CASE(without_a_pace_nothing_waits) {
  pacer p(0, 0);
  BOOST_TEST(!p.bounded());
  for (int i = 0; i < 1000; ++i)
    p.take(1'000'000, start_ns);
  BOOST_TEST(p.ready_ns() == 0u);
}

BOOST_AUTO_TEST_CASE(messages_leave_at_the_rate_after_a_small_burst) {
  pacer p(100, 0);
  BOOST_TEST(p.bounded());
  BOOST_TEST(greedy(p, 10, 1) == 1010u); // ten more in a burst of limits::pace_burst_ms
  pacer slow(1, 0);
  BOOST_TEST(greedy(slow, 10, 1) == 11u);
}

BOOST_AUTO_TEST_CASE(bytes_leave_at_the_rate) {
  pacer p(0, 10'000);
  BOOST_TEST(greedy(p, 10, 100) == 1010u);
  pacer large(0, 10'000); // each takes ten seconds to pay off
  BOOST_TEST(greedy(large, 99.8, 100'000) == 10u);
}

BOOST_AUTO_TEST_CASE(the_stricter_of_the_two_holds) {
  pacer p(1000, 10'000);
  BOOST_TEST(greedy(p, 10, 100) == 1010u);
  pacer q(100, 10'000'000);
  BOOST_TEST(greedy(q, 10, 100) == 1010u);
}

BOOST_AUTO_TEST_CASE(a_quiet_time_saves_up_no_more_than_the_burst) {
  pacer p(100, 0);
  greedy(p, 1, 1);
  const auto later_ns = start_ns + 3600 * ns_per_s;
  int at_once = 0;
  for (; p.ready_ns() <= later_ns; ++at_once)
    p.take(1, later_ns);
  BOOST_TEST(at_once == 11); // the burst and the one that is due
}

// No stretch of time holds more than the rule allows, whatever the times and sizes.
BOOST_AUTO_TEST_CASE(no_stretch_of_time_holds_more_than_the_rule) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::minstd_rand random(seed);
    const std::uint64_t rate = 1 + random() % 300;
    pacer p(rate, 0);
    std::deque<std::uint64_t> sent; // within the last second
    auto now = start_ns;
    for (int i = 0; i < 5'000; ++i) {
      now += random() % (2 * ns_per_s / rate);
      if (p.ready_ns() > now)
        continue;
      p.take(1, now);
      sent.push_back(now);
      while (sent.front() + ns_per_s < now)
        sent.pop_front();
      const auto most = rate + rate * limits::pace_burst_ms / 1000 + 1;
      BOOST_REQUIRE_MESSAGE(sent.size() <= most, "seed " << seed << ": " << sent.size());
    }
  }
}

} // namespace monopod
