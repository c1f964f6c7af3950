#include "tools/experiment/figure_maker.hpp"
#include "tools/experiment/kubernetes/node_failure.hpp"
#include "tools/experiment/outage.hpp"
#include "tools/experiment/thesis.hpp"

#include <spdlog/fmt/fmt.h>

namespace monopod::experiment {

namespace {

// A shorter pause is not an outage: streams have such pauses anyway.
constexpr double least_outage_s = 1;

// The 95th percentile of latency while the node was off.
double off_p95_ms(const sample_table& failure) {
  const auto sent_s = failure.column("sent_s");
  const auto back_s = failure.column("back_s").front();
  const auto ms = failure.column("to_publish_ms");
  std::vector<double> off;
  for (std::size_t i = 0; i < ms.size(); ++i)
    if (sent_s[i] >= 0 && sent_s[i] < back_s)
      off.push_back(ms[i]);
  return percentile(95)(off);
}

std::optional<double> of_thesis(const std::string& variant, double value) {
  return variant == "control" ? std::optional(value) : std::nullopt;
}

} // namespace

void add_kubernetes(figure_maker& c) {
  struct quantity {
    const char* name;
    const char* condition;
    const char* column;
    const char* where;
    double is;
    statistic of;
    const char* unit;
    std::optional<double> thesis;
    std::optional<double> bound; // of the ratio of the control to Monopod
  };
  constexpr double bound = 5;
  const std::vector<quantity> quantities{
      {"p50", "latency", "to_publish_ms", "", 0, percentile(50), "ms", thesis_k3s::p50_ms, bound},
      {"p95", "latency", "to_publish_ms", "", 0, percentile(95), "ms", thesis_k3s::p95_ms, bound},
      {"p99", "latency", "to_publish_ms", "", 0, percentile(99), "ms", {}, {}},
      {"consumer_p50", "latency", "to_consumer_ms", "", 0, percentile(50), "ms", {}, {}},
      {"quiet_cpu",
       "resources",
       "cpu_cores",
       "streaming",
       0,
       mean,
       "cores",
       thesis_k3s::quiet_cores,
       {}},
      {"streaming_cpu",
       "resources",
       "cpu_cores",
       "streaming",
       1,
       mean,
       "cores",
       thesis_k3s::streaming_cores,
       {}},
      {"quiet_memory",
       "resources",
       "rss_mb",
       "streaming",
       0,
       median,
       "MB",
       thesis_k3s::quiet_mb,
       {}},
      {"streaming_memory",
       "resources",
       "rss_mb",
       "streaming",
       1,
       median,
       "MB",
       thesis_k3s::streaming_mb,
       {}},
  };
  const auto of = [&](const char* variant, const quantity& q) {
    return c.samples({"kubernetes", variant, q.condition, 0}, q.column, q.where, q.is);
  };
  for (const auto* variant : {"monopod", "control"})
    for (const auto& q : quantities)
      c.add(fmt::format("kubernetes.{}.{}", variant, q.name), of(variant, q), q.of, q.unit,
            q.thesis ? of_thesis(variant, *q.thesis) : std::nullopt);
  for (const auto& q : quantities)
    c.add_ratio(fmt::format("ratio.kubernetes.{}", q.name), of("control", q), of("monopod", q),
                q.of, q.bound);
}

void add_failures(figure_maker& c) {
  for (const auto& f : failure_scenarios()) {
    const auto name = "failures." + f.name;
    c.add(name + ".outage", c.of_runs(f.experiment, f.name, outage_s), median, "s",
          f.thesis_outage_s);
    c.add(name + ".off_p95", c.of_runs(f.experiment, f.name, off_p95_ms), median, "ms");
    c.add(name + ".lost", c.of_runs(f.experiment, f.name, lost_frames), median, "frames");
  }
  constexpr double bound = 50; // if the control has an outage at all
  const auto node_loss = c.of_runs("failures", "monopod-primary", outage_s);
  for (const auto& f : failure_scenarios()) {
    if (f.system == "monopod")
      continue;
    const auto runs = c.of_runs(f.experiment, f.name, outage_s);
    const auto out = estimate_of(runs, median, report_seed).value >= least_outage_s;
    c.add_ratio("ratio.failures." + f.name + ".outage", runs, node_loss, median,
                out ? std::optional(bound) : std::nullopt);
  }
}

} // namespace monopod::experiment
