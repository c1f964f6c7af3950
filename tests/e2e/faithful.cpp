// The experiment with the habits of the thesis's gateway: short runs of real systems.
#include "tests/e2e/experiment_kit.hpp"

#include <tuple>

using namespace monopod::harness;

BOOST_AUTO_TEST_CASE(a_gateway_that_reads_on_takes_processors_and_monopod_does_not) {
  const temporary_directory scratch;
  for (const auto& [name, variants, condition] :
       {std::tuple{"aborted", "monopod,control-vei,reads-on", "1"},
        std::tuple{"slow-cloud", "waits", "30"}, std::tuple{"shared-link", "control-vei", "40"}}) {
    const auto ended =
        run(run_in(scratch, {name, "--variant", variants, "--condition", condition}), seconds(90));
    BOOST_TEST(ended.exit_code == 0, ended.output);
  }
  const auto all = figures_of(scratch);
  BOOST_TEST(all.at("aborted.reads-on.1.cpu") > 0.3);
  BOOST_TEST(all.at("aborted.control-vei.1.cpu") < 0.3);
  BOOST_TEST(all.at("aborted.monopod.1.cpu") < 0.3);
  for (const auto* name : {"slow-cloud.waits.30.p50", "shared-link.control-vei.40.p50"})
    BOOST_TEST(all.count(name) == 1u, name);
}
