// The report of monopod-collect at its end: scripts and benchmarks read its JSON by these keys.
#include "programs/collect/report.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

using namespace monopod;

namespace {

// No two counts are alike.
collector::summary some_summary() {
  collector::summary s;
  s.results = 11;
  s.twice = 12;
  s.gaps = 13;
  s.lost = 14;
  s.out_of_order = 15;
  s.malformed = 16;
  s.series = 17;
  s.rate_per_s = 29.97049;
  for (const double ms : {2.0, 1.0004, 3.5})
    s.publish_ms.add(ms);
  s.consumer_ms.add(-0.25); // the clocks of two machines
  return s;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_report_as_json) {
  const auto text = report_json(some_summary());
  BOOST_TEST(text.ends_with("}\n"));
  BOOST_TEST(std::ranges::count(text, '\n') == 1); // a line of its own, which scripts look for
  const auto expected = nlohmann::ordered_json::parse(R"({
    "results": 11, "lost": 14, "twice": 12, "gaps": 13, "out_of_order": 15, "malformed": 16,
    "series": 17, "rate_per_s": 29.97, "publish_ms": {"p50": 2.0, "p95": 3.5, "p99": 3.5},
    "consumer_ms": {"p50": -0.25, "p95": -0.25, "p99": -0.25}})");
  BOOST_TEST(nlohmann::ordered_json::parse(text) == expected, text);
}

BOOST_AUTO_TEST_CASE(without_a_result_every_key_is_there_and_0) {
  const auto report = nlohmann::ordered_json::parse(report_json(collector::summary()));
  BOOST_TEST(report.size() == 10u);
  for (const auto& [key, value] : report.items())
    if (value.is_object())
      BOOST_TEST(value == nlohmann::ordered_json::parse(R"({"p50": 0.0, "p95": 0.0, "p99": 0.0})"),
                 key);
    else
      BOOST_TEST(value == 0, key);
}

BOOST_AUTO_TEST_CASE(the_report_as_a_table) {
  const auto text = report_table(some_summary());
  for (const auto* row :
       {"results       11  30.0 a second, 17 series\n", "lost          14  13 gaps\n",
        "twice         12\n", "out of order  15\n", "malformed     16\n",
        "  to just before publish              2.000   3.500   3.500\n",
        "  to this consumer                   -0.250  -0.250  -0.250\n"})
    BOOST_TEST(text.find(row) != std::string::npos, text);
}
