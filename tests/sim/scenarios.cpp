// One scenario for each row of the fault matrix, with its bound on the outage.
#include "tests/sim/campaign.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace monopod::sim;

BOOST_AUTO_TEST_CASE(every_row_of_the_fault_matrix) {
  const std::filesystem::path folder = MONOPOD_SOURCE_DIR "/tests/sim/scenarios";
  int scenarios = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt")
      continue;
    ++scenarios;
    std::ifstream in(entry.path());
    auto s = parse_scenario({std::istreambuf_iterator<char>(in), {}}, entry.path().string());
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    s.runs = std::max(s.runs / 10, 5); // each takes ten times as long here
#endif
    BOOST_TEST(s.expect.outage_ms.has_value(), entry.path() << " bounds nothing");
    const auto r = run_expected(s);
    BOOST_TEST(r.broken.empty(), entry.path() << ": " << r.broken);
  }
  BOOST_TEST(scenarios >= 17);
}

// The bounds do bind: a primary that does not step down breaks the bound of its row.
BOOST_AUTO_TEST_CASE(a_broken_rule_breaks_a_scenario) {
  scenario s = parse_scenario("replicas 3\nat 500 deaf primary for 2500\nheal 3000\noutage 300\n"
                              "runs 5\n",
                              "deaf");
  BOOST_TEST(run_expected(s).broken.empty());
  s.broken = monopod::mutant::l3_no_step_down;
  BOOST_TEST(!run_expected(s).broken.empty());
}
