// The fuzz target `hostile_replica` finds replicas that are broken on purpose, within a minute:
// rules about messages that no correct member sends.
#include "core/ensure.hpp"
#include "replication/rules.hpp"
#include "tests/fuzz/mutations.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/sim/campaign.hpp"

#include <boost/test/unit_test.hpp>

using namespace monopod;

namespace {

bool finds(const fuzz::bytes& input) {
  try {
    LLVMFuzzerTestOneInput(input.data(), input.size());
    return false;
  } catch (const broken_invariant&) {
    return true;
  }
}

// How many inputs it takes, of those that the target replays without libFuzzer; 0: more than there
// are.
int inputs_until_found() {
  constexpr int rounds = 10'000; // mutations of each valid input
  std::mt19937 random(1);
  int inputs = 0;
  for (int round = 0; round < rounds; ++round)
    for (auto input : fuzz::valid_inputs()) {
      if (round > 0)
        fuzz::mutate(input, random);
      ++inputs;
      if (finds(input))
        return inputs;
    }
  return 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_replica_that_believes_too_much_is_found) {
  throw_broken_invariants_on_this_thread(true);
  for (const auto m : {mutant::r6_believes_teller, mutant::sense_any_number, mutant::sense_any_view,
                       mutant::sense_any_ops}) {
    broken_rule = m;
    const auto inputs = inputs_until_found();
    broken_rule = mutant::none;
    BOOST_TEST(inputs > 0, sim::name_of(m) << " is not found");
    BOOST_TEST_MESSAGE(sim::name_of(m) << " is found after " << inputs << " inputs");
  }
}
