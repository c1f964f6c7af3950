#include "tools/experiment/faithful/faithful.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>

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

} // namespace

void add_faithful(figure_maker& c) {
  for (const auto* experiment : {"aborted", "slow-cloud", "shared-link", "slow-machine"})
    add_conditions(c, experiment);
  std::vector<std::string> variants;
  for (const auto& which : conditions_of(c.from(), "aborted"))
    if (std::ranges::find(variants, which.variant) == variants.end())
      variants.push_back(which.variant);
  for (const auto& v : variants)
    add_growth(c, v);
}

} // namespace monopod::experiment
