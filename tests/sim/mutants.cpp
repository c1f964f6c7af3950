// A simulator that finds nothing proves nothing, so each rule is broken on purpose, and that must
// be found.
#include "tests/sim/campaign.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace monopod;
using namespace monopod::sim;

BOOST_AUTO_TEST_CASE(every_broken_rule_is_found) {
  constexpr std::uint64_t seeds = 2000; // at most
  const auto jobs = std::max(1U, std::thread::hardware_concurrency());
  for (int m = 1; m <= static_cast<int>(last_mutant); ++m) {
    const auto which = static_cast<mutant>(m);
    const auto r = run_seeds(1, seeds, jobs, which, true, {});
    BOOST_TEST(r.violations > 0u, name_of(which) << " is not found in " << r.seeds << " seeds");
  }
}
