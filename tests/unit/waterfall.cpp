// The waterfall from the thesis's bare system to K3s: which causes it has, and what they add up to.
#include "tools/experiment/waterfall.hpp"

#include "tools/experiment/report.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace monopod::experiment;

namespace {

struct figures {
  std::vector<figure> all;
  figures& with(const char* name, double value, double half_width = 0) {
    all.push_back({{.name = name, .value = value}, value - half_width, value + half_width});
    return *this;
  }
  std::vector<cause> causes() const { return waterfall(figure_lookup(all)); }
};

// The thesis's gateway took ten times as long, bare.
figures bare() {
  return figures()
      .with("latency.control-vei.p50", 2.442)
      .with("latency.control.p50", 2)
      .with("resources.control.streaming_cpu", 0.02);
}

const cause& find(const std::vector<cause>& all, const std::string& part) {
  const auto found =
      std::ranges::find_if(all, [&](const cause& c) { return c.name.find(part) != c.name.npos; });
  BOOST_REQUIRE(found != all.end());
  return *found;
}

} // namespace

BOOST_AUTO_TEST_CASE(without_figures_there_is_no_waterfall) {
  BOOST_TEST(figures().causes().empty());
  BOOST_TEST(sum_of({}).empty());
  BOOST_TEST(to_markdown(report{}).find("what would decide it") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_was_measured_here_is_computed_for_the_slower_machine) {
  const auto all = bare()
                       .with("hops.tcp.control.p50", 2)
                       .with("hops.bridge.control.p50", 2.5)
                       .with("hops.service.control.p50", 3)
                       .with("kubernetes.control.p50", 6)
                       .with("kubernetes.control.streaming_cpu", 0.07)
                       .causes();
  BOOST_TEST(find(all, "hops between pods").ms->value == 10);
  const auto& replicas = find(all, "three replicas");
  BOOST_TEST(replicas.ms->value == 40);
  BOOST_TEST(replicas.cores->value == 0.5, boost::test_tools::tolerance(1e-9));
  BOOST_TEST((replicas.known == evidence::computed));
  // JSON with base64 was there bare as well, and the hops are part of what three replicas cost.
  const auto sum = covered(all);
  BOOST_TEST(sum.computed_ms == 40);
  BOOST_TEST(sum.hypothesis_ms == 0);
}

BOOST_AUTO_TEST_CASE(of_each_kind_of_hypothesis_the_dearest_counts) {
  const auto all = bare()
                       .with("cpu.control.25.p50", 9)
                       .with("cpu.control.200.p50", 2)
                       .with("shared-link.control-vei.40.p50", 25)
                       .with("shared-link.control-vei.200.p50", 5)
                       .with("aborted.reads-on.6.p50", 82)
                       .with("aborted.reads-on.0.p50", 2)
                       .with("aborted.reads-on.6.cpu", 1.5)
                       .with("aborted.reads-on.0.cpu", 0.25)
                       .with("slow-cloud.waits.90.p50", 50)
                       .with("slow-cloud.waits.0.p50", 2)
                       .causes();
  const auto sum = covered(all);
  BOOST_TEST(sum.computed_ms == 0);
  BOOST_TEST(sum.hypothesis_ms == 7 + 20 + 80);
  BOOST_TEST(sum.hypothesis_cores == 1.25);
  const auto text = sum_of(all);
  BOOST_TEST(text.starts_with("Of the 512 ms and 7.2 cores"), text);
  BOOST_TEST(text.find("at most 107 ms and 1.2 cores") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(an_interval_is_that_of_the_difference) {
  const auto all = bare()
                       .with("shared-link.control-vei.40.p50", 25, 2)
                       .with("shared-link.control-vei.200.p50", 5, 1)
                       .causes();
  const auto& link = find(all, "shared link");
  BOOST_TEST(link.ms->low == 17);
  BOOST_TEST(link.ms->high == 23);
  BOOST_TEST(!link.cores.has_value());
  const report r{"",
                 bare()
                     .with("shared-link.control-vei.40.p50", 25, 2)
                     .with("shared-link.control-vei.200.p50", 5, 1)
                     .all,
                 {}};
  const std::string row =
      "| a shared link of 40 Mbit/s instead of 200 | 20 (17 to 23) |  | hypothesis";
  BOOST_TEST(to_markdown(r).find(row) != std::string::npos, to_markdown(r));
  BOOST_TEST(to_html(r).find("<td>20 (17 to 23)<td><td>hypothesis") != std::string::npos);
}
