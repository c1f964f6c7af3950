#include "actors/runtime/poll_set.hpp"

#include "core/clock.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace monopod {

namespace {

struct ends {
  std::array<int, 2> fds{};
  ends() { BOOST_REQUIRE(pipe(fds.data()) == 0); }
  ~ends() { shut(); }
  ends(const ends&) = delete;
  ends& operator=(const ends&) = delete;
  int in() const { return fds[0]; }
  void write_one() const { BOOST_REQUIRE(write(fds[1], "x", 1) == 1); }
  void shut() {
    for (auto& fd : fds)
      if (fd >= 0)
        close(std::exchange(fd, -1));
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_descriptor_is_told_of_until_it_is_empty) {
  poll_set set;
  poll_set::listener l;
  const ends p;
  set.add(l, p.in(), POLLIN);
  BOOST_TEST(set.wait(0) == 0);
  BOOST_TEST(l.revents == 0);
  p.write_one();
  for (int again = 0; again < 2; ++again) {
    l.revents = 0;
    BOOST_TEST(set.wait(ns_per_s) == 1);
    BOOST_TEST(l.revents == POLLIN);
  }
}

BOOST_AUTO_TEST_CASE(events_can_be_changed_and_removed) {
  poll_set set;
  poll_set::listener l;
  const ends p;
  set.add(l, p.in(), POLLIN);
  p.write_one();
  set.change(l, 0);
  BOOST_TEST(set.wait(0) == 0);
  set.change(l, POLLIN);
  BOOST_TEST(set.wait(0) == 1);
  set.remove(l);
  BOOST_TEST(set.wait(0) == 0);
  set.change(l, POLLIN); // of one that is out: nothing
  BOOST_TEST(set.wait(0) == 0);
}

// The kernel forgets a closed descriptor by itself and gives its number to the next one: what is
// done to the former listener then must not reach the new one.
BOOST_AUTO_TEST_CASE(a_number_that_comes_back_is_the_new_ones) {
  poll_set set;
  poll_set::listener former;
  poll_set::listener fresh;
  ends before;
  const int number = before.in();
  set.add(former, number, POLLIN);
  before.shut();
  const ends after;
  BOOST_REQUIRE(after.in() == number);
  set.add(fresh, number, POLLIN);
  set.change(former, 0);
  set.remove(former);
  after.write_one();
  BOOST_TEST(set.wait(ns_per_s) == 1);
  BOOST_TEST(fresh.revents == POLLIN);
  BOOST_TEST(former.revents == 0);
}

BOOST_AUTO_TEST_CASE(a_wait_is_not_over_early) {
  poll_set set;
  for (const std::uint64_t ns : {300'000ull, 1'700'000ull}) {
    const auto begun_ns = boottime_ns();
    BOOST_TEST(set.wait(ns) == 0);
    BOOST_TEST(boottime_ns() - begun_ns >= ns);
  }
}

} // namespace monopod
