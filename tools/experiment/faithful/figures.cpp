#include "tools/experiment/faithful/faithful.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

namespace monopod::experiment {

namespace {

void add_conditions(figure_maker& c, const std::string& experiment) {
  for (const auto& which : conditions_of(c.from(), experiment)) {
    const auto add = [&](const char* what, const char* column, const statistic& of,
                         const char* unit) {
      c.add(fmt::format("{}.{}.{}.{}", experiment, which.variant, which.condition, what),
            c.samples(which, column), of, unit);
    };
    add("p50", "to_publish_ms", median, "ms");
    add("p95", "to_publish_ms", percentile(95), "ms");
    add("cpu", "cpu_cores", median, "cores");
    add("memory", "rss_mb", median, "MB");
    add("lost", "lost", median, "frames");
  }
}

// How many times a quantity grows by aborted cameras. The bounds are Monopod's, which should not
// notice.
void add_growth(figure_maker& c, const std::string& variant) {
  struct quantity {
    const char* name;
    const char* column;
    double p;
    double at_most;
  };
  for (const auto& which : conditions_of(c.from(), "aborted"))
    if (which.variant == variant && which.condition != "0")
      for (const auto& q :
           {quantity{"p50", "to_publish_ms", 50, 1.05}, quantity{"p99", "to_publish_ms", 99, 1.2},
            quantity{"cpu", "cpu_cores", 50, 1.02}})
        c.add_ratio(fmt::format("ratio.aborted.{}.{}.{}", variant, which.condition, q.name),
                    c.samples(which, q.column), c.samples({"aborted", variant, "0", 0}, q.column),
                    percentile(q.p), std::nullopt,
                    variant == "monopod" ? std::optional(q.at_most) : std::nullopt);
}

// The first number of aborted cameras, of those that were tried, at which the median is 20 times
// that without any, and the processor time there. The interval reaches from the first number at
// which the ratio may be 20 to the first at which it surely is; if there is none, it is open.
void add_twentyfold(figure_maker& c, const std::string& variant) {
  constexpr double times = 20;
  std::optional<double> possible;
  std::optional<cell> reached;
  double sure = std::numeric_limits<double>::infinity();
  const auto none = c.samples({"aborted", variant, "0", 0}, "to_publish_ms");
  for (const auto& which : conditions_of(c.from(), "aborted")) {
    if (which.variant != variant || which.condition == "0" || none.empty())
      continue;
    const auto r = ratio(c.samples(which, "to_publish_ms"), none, median, report_seed);
    const auto cameras = std::stod(which.condition);
    if (r.high >= times && !possible)
      possible = cameras;
    if (r.value >= times && !reached)
      reached = which;
    if (r.low >= times)
      sure = std::min(sure, cameras);
  }
  if (!reached)
    return;
  const auto name = fmt::format("aborted.{}.", variant);
  c.add(name + "cameras_at_20x", {std::stod(reached->condition), *possible, sure}, "cameras");
  c.add(name + "cpu_at_20x", c.samples(*reached, "cpu_cores"), median, "cores");
}

} // namespace

void add_faithful(figure_maker& c) {
  for (const auto* experiment :
       {"aborted", "slow-cloud", "shared-link", "slow-machine", "cluster-aborted"})
    add_conditions(c, experiment);
  std::vector<std::string> variants;
  for (const auto& which : conditions_of(c.from(), "aborted"))
    if (std::ranges::find(variants, which.variant) == variants.end())
      variants.push_back(which.variant);
  for (const auto& v : variants) {
    add_growth(c, v);
    add_twentyfold(c, v);
  }
}

} // namespace monopod::experiment
