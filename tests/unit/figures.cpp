// Figures of measuring programs: their bounds, their numbers, and what a reader gets.
#include "tools/harness/figures.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <nlohmann/json.hpp>

using namespace monopod::harness;

namespace {

const std::vector<figure> some{
    {.name = "runs", .value = 12'345'678},
    {.name = "latency_ms_p50", .value = 0.123456, .unit = "ms", .at_most = 0.1},
    {.name = "share", .value = 2.0 / 3, .meaning = "of bare ZeroMQ", .at_least = 0.5}};

} // namespace

BOOST_AUTO_TEST_CASE(a_bound_holds_or_is_broken) {
  BOOST_TEST(some[0].good());
  BOOST_TEST(!some[1].good());
  BOOST_TEST(some[2].good());
  BOOST_TEST((figure{.name = "at it", .value = 3, .at_most = 3, .at_least = 3}.good()));
  BOOST_TEST((!figure{.name = "few", .value = 2, .at_least = 3}.good()));
  BOOST_TEST((!figure{.name = "nothing", .value = NAN, .at_most = 3}.good()));
  BOOST_TEST(value_of(some, "runs") == 12'345'678);
  BOOST_TEST(value_of(some, "none") == 0);
}

BOOST_AUTO_TEST_CASE(numbers_have_four_significant_digits_or_are_whole) {
  BOOST_TEST(to_text(0) == "0");
  BOOST_TEST(to_text(12'345'678) == "12345678");
  BOOST_TEST(to_text(12'345.6) == "12346");
  BOOST_TEST(to_text(123.456) == "123.5");
  BOOST_TEST(to_text(12.3456) == "12.35");
  BOOST_TEST(to_text(-1.23456) == "-1.235");
  BOOST_TEST(to_text(0.0123456) == "0.01235");
}

BOOST_AUTO_TEST_CASE(figures_as_a_table) {
  BOOST_TEST(to_table(some) == "figure             value  unit  bound\n"
                               "runs            12345678\n"
                               "latency_ms_p50    0.1235  ms    <= 0.1  BROKEN\n"
                               "share             0.6667        >= 0.5          of bare ZeroMQ\n");
}

BOOST_AUTO_TEST_CASE(figures_as_json) {
  BOOST_TEST(to_json(some).dump() ==
             R"([{"name":"runs","value":12345678,"unit":"","bound":null},)"
             R"({"name":"latency_ms_p50","value":0.123456,"unit":"ms","bound":0.1},)"
             R"({"name":"share","value":0.6666666667,"unit":"","bound":0.5}])");
  BOOST_TEST(to_json(NAN).dump() == "null");
  nlohmann::ordered_json object{{"case", "outage"}};
  add_values(object, some);
  BOOST_TEST(object.dump() ==
             R"({"case":"outage","runs":12345678,"latency_ms_p50":0.123456,"share":0.6666666667})");
}
