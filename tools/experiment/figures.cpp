#include "tools/experiment/figures.hpp"

#include "programs/table.hpp"
#include "tools/experiment/faithful/faithful.hpp"
#include "tools/experiment/figure_maker.hpp"
#include "tools/experiment/groups/group.hpp"
#include "tools/experiment/hop_fit.hpp"
#include "tools/experiment/outage.hpp"
#include "tools/experiment/thesis.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace monopod::experiment {

namespace {

void add_resources(figure_maker& c) {
  for (const auto& v : bare_variants()) {
    const cell which{"resources", v.name, "", 0};
    const auto thesis = [&](double value) {
      return v.name == "control-vei" ? std::optional(value) : std::nullopt;
    };
    const auto add_cpu = [&](const char* what, double streaming, double of_thesis) {
      c.add(fmt::format("resources.{}.{}", v.name, what),
            c.samples(which, "cpu_cores", "streaming", streaming), mean, "cores",
            thesis(of_thesis));
    };
    const auto add_memory = [&](const char* what, double streaming, double of_thesis) {
      c.add(fmt::format("resources.{}.{}", v.name, what),
            c.samples(which, "rss_mb", "streaming", streaming), median, "MB", thesis(of_thesis));
    };
    add_cpu("quiet_cpu", 0, thesis_bare::quiet_cores);
    add_cpu("streaming_cpu", 1, thesis_bare::streaming_cores);
    add_memory("quiet_memory", 0, thesis_bare::quiet_mb);
    add_memory("streaming_memory", 1, thesis_bare::streaming_mb);
  }
  const auto of = [&](const char* variant, const char* column) {
    return c.samples({"resources", variant, "", 0}, column, "streaming", 1);
  };
  constexpr double bound = 3;
  c.add_ratio("ratio.cpu_per_frame", of("control", "cpu_cores"), of("monopod", "cpu_cores"), mean,
              bound);
  c.add_ratio("ratio.memory", of("control", "rss_mb"), of("monopod", "rss_mb"), median, bound);
}

void add_latency(figure_maker& c) {
  constexpr double bound = 3;
  struct quantile {
    const char* name;
    double p;
    std::optional<double> thesis;
    std::optional<double> bound;
  };
  const std::vector<quantile> quantiles{{"p50", 50, thesis_bare::p50_ms, bound},
                                        {"p95", 95, thesis_bare::p95_ms, bound},
                                        {"p99", 99, std::nullopt, std::nullopt}};
  const auto of = [&](const std::string& variant, const char* column) {
    return c.samples({"latency", variant, "", 0}, column);
  };
  for (const auto& v : bare_variants()) {
    for (const auto& q : quantiles)
      c.add(fmt::format("latency.{}.{}", v.name, q.name), of(v.name, "to_publish_ms"),
            percentile(q.p), "ms", v.name == "control-vei" ? q.thesis : std::nullopt);
    c.add(fmt::format("latency.{}.consumer_p50", v.name), of(v.name, "to_consumer_ms"), median,
          "ms");
  }
  for (const auto& q : quantiles) {
    c.add_ratio(fmt::format("ratio.latency.{}", q.name), of("control", "to_publish_ms"),
                of("monopod", "to_publish_ms"), percentile(q.p), q.bound);
    c.add_ratio(fmt::format("ratio.latency_vei.{}", q.name), of("control-vei", "to_publish_ms"),
                of("monopod", "to_publish_ms"), percentile(q.p));
  }
}

void add_hops(figure_maker& c, const session& s) {
  for (const auto& t : transports()) {
    for (const auto& r : ladder())
      c.add(fmt::format("hops.{}.{}.p50", t.name, r.name),
            c.samples({t.experiment, t.name + "-" + r.name, "", 0}, "to_publish_ms"), median, "ms");
    c.add(fmt::format("hops.{}.control.p50", t.name),
          c.samples({t.experiment, t.name + "-control", "", 0}, "to_publish_ms"), median, "ms");
    if (const auto fit = fit_hops(s, t)) {
      c.add(fmt::format("hops.{}.fit_base", t.name), fit->base, "ms");
      c.add(fmt::format("hops.{}.fit_frame_hop", t.name), fit->frame, "ms");
      c.add(fmt::format("hops.{}.fit_result_hop", t.name), fit->result, "ms");
    }
  }
}

// A real detector, from the camera's stamp to publication, and what the hop to its process adds.
void add_detector(figure_maker& c) {
  const auto of = [&](const std::string& variant) {
    return c.samples({"detector", variant, "", 0}, "to_publish_ms");
  };
  for (const auto& v : detector_variants())
    for (const auto p : {50, 99})
      c.add(fmt::format("detector.{}.p{}", v.name, p), of(v.name), percentile(p), "ms");
  for (const auto* hop : {"ipc", "tcp"})
    c.add_ratio(fmt::format("ratio.detector.{}.p50", hop), of(hop), of("plugin"), median);
}

// The median and tail of every variant and condition that was run.
void add_conditions(figure_maker& c, const session& s, const std::string& experiment) {
  const auto there = conditions_of(s, experiment);
  for (const auto& which : there)
    for (const auto p : {50, 99})
      c.add(fmt::format("{}.{}.{}.p{}", experiment, which.variant, which.condition, p),
            c.samples(which, "to_publish_ms"), percentile(p), "ms");
  for (const auto& which : there)
    if (which.variant == "control")
      c.add_ratio(fmt::format("ratio.{}.{}.p50", experiment, which.condition),
                  c.samples(which, "to_publish_ms"),
                  c.samples({experiment, "monopod", which.condition, 0}, "to_publish_ms"), median);
}

// Each carrier compared with Monopod, by number of cameras. The bound is that no carrier is
// better.
void add_peers(figure_maker& c, const session& s) {
  struct quantity {
    const char* name;
    const char* column;
    double p;
    const char* unit;
    std::optional<double> at_least;
  };
  for (const auto& q :
       {quantity{"p50", "to_app_ms", 50, "ms", 1.0}, quantity{"p99", "to_app_ms", 99, "ms", 1.0},
        quantity{"cpu_per_frame", "cpu_us_per_frame", 50, "us", 1.0},
        quantity{"memory", "rss_mb", 50, "MB", std::nullopt},
        quantity{"wire_bytes_per_frame", "wire_bytes_per_frame", 50, "bytes", std::nullopt}})
    for (const auto& which : conditions_of(s, "peers")) {
      const auto name = fmt::format("peers.{}.{}.{}", which.variant, which.condition, q.name);
      const auto runs = c.samples(which, q.column);
      c.add(name, runs, percentile(q.p), q.unit);
      if (which.variant != "monopod")
        c.add_ratio("ratio." + name, runs,
                    c.samples({"peers", "monopod", which.condition, 0}, q.column), percentile(q.p),
                    which.variant == "monopod-to-cloud" ? std::nullopt : q.at_least);
    }
}

// The age of the frames that a slow application gets, how many it gets, and what that costs the
// server.
void add_slow(figure_maker& c, const session& s) {
  for (const auto& which : conditions_of(s, "slow")) {
    const auto add = [&](const char* what, const char* column, double p, const char* unit) {
      c.add(fmt::format("slow.{}.{}", which.variant, what), c.samples(which, column), percentile(p),
            unit);
    };
    add("age_p50", "to_app_ms", 50, "ms");
    add("age_p99", "to_app_ms", 99, "ms");
    add("got", "got_share", 50, "of the frames");
    add("memory_growth", "grown_mb", 50, "MB");
  }
}

// How long an application gets no frames when the node in use is lost.
void add_node_loss(figure_maker& c) {
  const auto& groups = all_groups();
  const auto outages = [&](const group& g) { return c.of_runs("node-loss", g.name, outage_s); };
  for (const auto& g : groups) {
    c.add("node_loss." + g.name + ".outage", outages(g), median, "s");
    c.add("node_loss." + g.name + ".lost", c.of_runs("node-loss", g.name, lost_frames), median,
          "frames");
  }
  for (const auto& g : groups)
    if (&g != &groups.front())
      c.add_ratio("ratio.node_loss." + g.name + ".outage", outages(g), outages(groups.front()),
                  median, 1.0);
}

} // namespace

std::vector<figure> all_figures(const session& s) {
  figure_maker c(s);
  add_resources(c);
  add_latency(c);
  add_hops(c, s);
  add_conditions(c, s, "scale");
  add_detector(c);
  add_conditions(c, s, "applications");
  add_conditions(c, s, "cpu");
  add_peers(c, s);
  add_slow(c, s);
  add_node_loss(c);
  add_kubernetes(c);
  add_failures(c);
  add_faithful(c);
  return c.all;
}

nlohmann::ordered_json to_json(const std::vector<figure>& all) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& f : all) {
    auto one = harness::to_json(f);
    one["low"] = harness::to_json(f.low);
    one["high"] = harness::to_json(f.high);
    one["thesis"] = f.thesis ? harness::to_json(*f.thesis) : nullptr;
    if (f.at_least)
      one["at_least"] = harness::to_json(*f.at_least);
    if (f.at_most)
      one["at_most"] = harness::to_json(*f.at_most);
    if (f.at_least || f.at_most)
      one["good"] = f.good();
    list.push_back(std::move(one));
  }
  return list;
}

std::string to_table(const std::vector<figure>& all) {
  table t({{"figure", align::left},
           {"value"},
           {"95 % interval"},
           {"unit", align::left},
           {"thesis"},
           {"bound"},
           {"", align::left}});
  for (const auto& f : all)
    t.add({f.name, harness::to_text(f.value),
           harness::to_text(f.low) + " to " + harness::to_text(f.high), f.unit,
           f.thesis ? fmt::format("{:g}", *f.thesis) : "", harness::bound_text(f),
           f.good() ? "" : "MISSED"});
  return t.text();
}

} // namespace monopod::experiment
