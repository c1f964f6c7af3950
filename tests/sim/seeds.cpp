// Random groups by seed: no invariant is broken, and a seed repeats exactly.
#include "tests/sim/campaign.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace monopod;
using namespace monopod::sim;

BOOST_AUTO_TEST_CASE(no_seed_breaks_an_invariant) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::uint64_t seeds = 200; // each takes ten times as long here
#else
  constexpr std::uint64_t seeds = 2000;
#endif
  const auto r = run_seeds(1, seeds, std::max(1U, std::thread::hardware_concurrency()),
                           mutant::none, true, {});
  BOOST_TEST(r.violations == 0u,
             "monopod-sim --replay " << r.first_bad_seed.value_or(0) << ": " << r.first_violation);
  BOOST_TEST(r.seeds == seeds);
  BOOST_TEST(r.epochs > 2 * seeds);            // views did change,
  BOOST_TEST(r.progress_owed > seeds * 4 / 5); // and progress was demanded
  for (std::size_t i = 0; i < situations; ++i) // and no situation is out of reach
    BOOST_TEST(r.reached.at(i) >= seeds / 200, name_of(static_cast<situation>(i))
                                                   << " is reached by " << r.reached.at(i));
}

BOOST_AUTO_TEST_CASE(a_seed_repeats_exactly) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto s = random_scenario(seed, mutant::none);
    const auto first = run_scenario(s, true);
    const auto again = run_scenario(s, true);
    BOOST_TEST(first.trace == again.trace, boost::test_tools::per_element());
    BOOST_TEST(first.steps == again.steps);
    BOOST_TEST(first.acknowledged == again.acknowledged);
  }
}

BOOST_AUTO_TEST_CASE(text_gives_the_scenario_again) {
  const auto s = random_scenario(7, mutant::none);
  const auto text = to_text(s);
  BOOST_TEST(to_text(parse_scenario(text, "text")) == text);
  for (const auto* wrong : {"at 5 fly 1", "at 5 pause", "at x pause 1", "profile ssd", "hello",
                            "at 5 crash 1 quickly", "replicas many"})
    BOOST_CHECK_THROW(parse_scenario(wrong, "text"), std::runtime_error);
}
