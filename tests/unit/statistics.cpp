#include "core/percentiles.hpp"
#include "core/sequence_set.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

using namespace monopod;

BOOST_AUTO_TEST_CASE(percentiles_by_nearest_rank) {
  samples s;
  BOOST_TEST(s.percentile(50) == 0.0);
  std::vector<double> values(100);
  std::iota(values.begin(), values.end(), 1.0);
  std::shuffle(values.begin(), values.end(), std::mt19937(1));
  for (const auto v : values)
    s.add(v);
  BOOST_TEST(s.percentile(0) == 1.0);
  BOOST_TEST(s.percentile(50) == 50.0);
  BOOST_TEST(s.percentile(99) == 99.0);
  BOOST_TEST(s.percentile(100) == 100.0);
  s.add(0.5);
  BOOST_TEST(s.percentile(0) == 0.5);
  values.push_back(0.5);
  for (const double p : {0.0, 0.4, 1.0, 33.3, 50.0, 99.9, 100.0})
    BOOST_TEST(percentile(values, p) == s.percentile(p), p);
  BOOST_TEST(percentile({}, 50) == 0.0);
}

BOOST_AUTO_TEST_CASE(the_nearest_rank_of_few_and_of_many) {
  BOOST_TEST(nearest_rank(1, 0) == 0u);
  BOOST_TEST(nearest_rank(1, 100) == 0u);
  BOOST_TEST(nearest_rank(2, 50) == 0u); // the lower one of two
  BOOST_TEST(nearest_rank(100, 99) == 98u);
}

BOOST_AUTO_TEST_CASE(samples_are_bounded_and_say_what_they_left_out) {
  samples s(3);
  for (int i = 0; i < 5; ++i)
    s.add(i);
  BOOST_TEST(s.count() == 3u);
  BOOST_TEST(s.left_out() == 2u);
  samples all(4);
  all.add_all(s);
  all.add_all(s);
  BOOST_TEST(all.count() == 4u);
  BOOST_TEST(all.left_out() == 6u); // two that did not fit, and four that were not there to add
}

BOOST_AUTO_TEST_CASE(sequence_numbers_in_any_order) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::uint64_t> numbers(200);
    std::iota(numbers.begin(), numbers.end(), 5u);
    std::shuffle(numbers.begin(), numbers.end(), random);
    const std::vector<std::uint64_t> held(numbers.end() - 30, numbers.end());
    sequence_set set;
    for (auto at = numbers.begin(); at != numbers.end() - 30; ++at) {
      BOOST_REQUIRE(set.insert(*at));
      BOOST_REQUIRE(!set.insert(*at));
    }
    const auto missing =
        std::ranges::count_if(held, [&](auto n) { return n > set.first() && n < set.last(); });
    BOOST_TEST(set.missing(set.first()) == static_cast<std::uint64_t>(missing), "seed " << seed);
    for (const auto n : held)
      BOOST_REQUIRE(set.insert(n));
    BOOST_TEST(set.gaps() == 0u);
    BOOST_TEST(set.first() == 5u);
    BOOST_TEST(set.last() == 204u);
    BOOST_TEST(set.missing(1) == 4u);
  }
}
