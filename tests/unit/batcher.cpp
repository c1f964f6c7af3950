// Which results become a message, and when.
#include "actors/cloud/batcher.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace monopod {

namespace {

// The next message's topic and number of results that wait for it; empty where none is due.
std::string due(const batcher& b, std::uint64_t now_ns) {
  const auto* t = b.due(now_ns);
  return t == nullptr ? "" : t->first + " " + std::to_string(t->second.size());
}

} // namespace

BOOST_AUTO_TEST_CASE(a_full_message_is_due_at_once_and_another_one_when_it_has_waited) {
  batcher b(3, 100);
  BOOST_TEST(!b.next_due_ns().has_value());
  b.add("t", 1, {}, 10);
  b.add("t", 2, {}, 20);
  BOOST_TEST(due(b, 109) == "");
  BOOST_TEST(b.next_due_ns().value() == 110u);
  BOOST_TEST(due(b, 110) == "t 2");
  b.add("t", 3, {}, 30);
  BOOST_TEST(due(b, 30) == "t 3");
  BOOST_TEST(b.size() == 3u);
  b.take(*b.due(30), 2);
  BOOST_TEST(b.next_due_ns().value() == 130u);
  BOOST_TEST(b.due(130)->second.front().entry == 3u);
  b.take(*b.due(130), 1);
  BOOST_TEST(b.size() == 0u);
  BOOST_TEST(!b.next_due_ns().has_value());
}

BOOST_AUTO_TEST_CASE(topics_do_not_mix_and_the_oldest_goes_first) {
  batcher b(2, 100);
  b.add("b", 1, {}, 10);
  b.add("a", 2, {}, 11);
  b.add("a", 3, {}, 12);
  BOOST_TEST(due(b, 12) == "a 2");  // full
  BOOST_TEST(due(b, 110) == "b 1"); // older
  b.clear();
  BOOST_TEST(due(b, 1000) == "");
  BOOST_TEST(b.size() == 0u);
}

BOOST_AUTO_TEST_CASE(alone_results_go_in_the_order_of_their_coming) {
  batcher b(1, 0);
  b.add("b", 1, {}, 10);
  b.add("a", 2, {}, 10);
  b.add("b", 3, {}, 11);
  b.add("a", 4, {}, 12);
  for (const std::uint64_t entry : {1, 2, 3, 4}) {
    const auto* t = b.due(12);
    BOOST_TEST_REQUIRE(t != nullptr);
    BOOST_TEST(t->second.front().entry == entry);
    b.take(*t, 1);
  }
}

} // namespace monopod
