// Names that are looked up.
#include "actors/group/discovery.hpp"

#include "tests/unit/rig.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <vector>

namespace monopod {

using addresses = std::vector<std::string>;

BOOST_FIXTURE_TEST_CASE(addresses_are_told_once, rig) {
  std::vector<addresses> told;
  const discovery found(host, "192.0.2.7", [&](const addresses& list) { told.push_back(list); });
  BOOST_TEST(until([&] { return !told.empty(); }));
  BOOST_TEST((told == std::vector<addresses>{{"192.0.2.7"}}));
}

// A node would only speak to itself.
BOOST_FIXTURE_TEST_CASE(own_addresses_are_left_out, rig) {
  std::vector<addresses> told;
  const discovery own(host, "localhost", [&](const addresses& list) { told.push_back(list); });
  BOOST_TEST(until([&] { return !told.empty(); }));
  BOOST_TEST((told == std::vector<addresses>{{}}));
}

BOOST_FIXTURE_TEST_CASE(nobody_is_told_after_the_end, rig) {
  bool told = false;
  std::optional<discovery> found;
  found.emplace(host, "192.0.2.7", [&](const addresses&) { told = true; });
  found.reset();
  bool sentinel = false;
  const discovery later(host, "192.0.2.9", [&](const addresses&) { sentinel = true; });
  BOOST_TEST(until([&] { return sentinel; }));
  BOOST_TEST(!told);
}

} // namespace monopod
