#include "tools/experiment/waterfall.hpp"

#include "tools/experiment/thesis.hpp"
#include "tools/experiment/variants.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <utility>

namespace monopod::experiment {

namespace {

// Conservative: the ends of both intervals lie as far apart as they can.
std::optional<estimate> difference(const std::optional<estimate>& more,
                                   const std::optional<estimate>& less, double times = 1) {
  if (!more || !less)
    return std::nullopt;
  return estimate{times * (more->value - less->value), times * (more->low - less->high),
                  times * (more->high - less->low)};
}

// The control between network namespaces, at the dearest of their transports.
std::optional<estimate> between_pods(const figure_lookup& f) {
  std::optional<estimate> dearest;
  for (const auto& t : transports())
    if (t.by != medium::loopback)
      if (const auto p50 = f[fmt::format("hops.{}.control.p50", t.name)];
          p50 && (!dearest || p50->value > dearest->value))
        dearest = p50;
  return dearest;
}

// How many times as long the thesis's gateway took on a Pi, bare, as the control does here.
std::optional<double> slower(const figure_lookup& f) {
  const auto here = f["latency.control-vei.p50"];
  return here ? std::optional(thesis_bare::p50_ms / here->value) : std::nullopt;
}

constexpr const char* pods = "pods";
constexpr const char* habits = "habits";

// Causes that the thesis had on K3s for sure, and one that it had bare as well.
std::vector<cause> known_causes(const figure_lookup& f) {
  const auto times = slower(f);
  if (!times)
    return {};
  return {
      {"JSON with base64 through NATS", "encoding",
       difference(f["latency.control-vei.p50"], f["latency.control.p50"], *times),
       difference(f["resources.control-vei.streaming_cpu"], f["resources.control.streaming_cpu"],
                  *times),
       evidence::no_part, "nothing: it was there on K3s and bare"},
      {"hops between pods instead of loopback", pods,
       difference(between_pods(f), f["hops.tcp.control.p50"], *times), std::nullopt,
       evidence::computed, "pings between pods on different nodes, while frames flow"},
      {"three replicas of everything, with those hops", pods,
       difference(f["kubernetes.control.p50"], f["latency.control.p50"], *times),
       difference(f["kubernetes.control.streaming_cpu"], f["resources.control.streaming_cpu"],
                  *times),
       evidence::computed,
       "the thesis's latency with one replica of each, and the CPU of each pod"},
  };
}

} // namespace

std::vector<cause> waterfall(const figure_lookup& f) {
  auto all = known_causes(f);
  const auto add = [&](const char* name, const std::string& kind, const std::string& with,
                       const std::string& without, const char* decided_by) {
    all.push_back(
        {name, kind, difference(f[with + ".p50"], f[without + ".p50"]),
         kind == habits ? difference(f[with + ".cpu"], f[without + ".cpu"]) : std::nullopt,
         evidence::hypothesis, decided_by});
  };
  add("a quarter of a core instead of two", "processor", "cpu.control.25", "cpu.control.200",
      "idle processor time of each node while frames flow");
  add("a shared link of 40 Mbit/s instead of 200", "link", "shared-link.control-vei.40",
      "shared-link.control-vei.200", "the interface that flannel uses, and its counters of bytes");
  add("a cloud that answers after 90 ms, waited for", habits, "slow-cloud.waits.90",
      "slow-cloud.waits.0", "the duration of a PublishToCloud call");
  add("six cut streams that are read on", habits, "aborted.reads-on.6", "aborted.reads-on.0",
      "CPU of each gateway while no camera streams");
  add("all habits, six cut streams, a cloud of 30 ms", habits, "aborted.original-30ms.6",
      "aborted.original-30ms.0", "both of these, and latency over the number of the frame");
  add("the same on the slow machine, four cut streams", habits, "slow-machine.original-30ms.4",
      "slow-machine.original-30ms.0", "the same");
  std::erase_if(all, [](const cause& c) { return !c.ms && !c.cores; });
  return all;
}

coverage covered(const std::vector<cause>& all) {
  std::map<std::pair<evidence, std::string>, std::pair<double, double>> dearest;
  for (const auto& c : all) {
    auto& [ms, cores] = dearest[{c.known, c.kind}];
    ms = std::max(ms, c.ms ? c.ms->value : 0);
    cores = std::max(cores, c.cores ? c.cores->value : 0);
  }
  coverage sum;
  for (const auto& [which, price] : dearest) {
    if (which.first == evidence::computed) {
      sum.computed_ms += price.first;
      sum.computed_cores += price.second;
    } else if (which.first == evidence::hypothesis) {
      sum.hypothesis_ms += price.first;
      sum.hypothesis_cores += price.second;
    }
  }
  return sum;
}

const char* name_of(evidence e) {
  return e == evidence::no_part    ? "measured; no part of the difference"
         : e == evidence::computed ? "computed of what was measured"
                                   : "hypothesis, with a measured price";
}

std::string sum_of(const std::vector<cause>& all) {
  if (all.empty())
    return {};
  constexpr auto more_ms = thesis_k3s::p50_ms - thesis_bare::p50_ms;
  constexpr auto more_cores = thesis_k3s::streaming_cores - thesis_bare::streaming_cores;
  const auto sum = covered(all);
  return fmt::format(
      "Of the {:.0f} ms and {:.1f} cores that the thesis saw more on K3s, {:.3g} ms and {:.2g} "
      "cores are what surely was there, and at most {:.3g} ms and {:.2g} cores more are the "
      "hypotheses of the table below, of each kind the dearest.",
      more_ms, more_cores, sum.computed_ms, sum.computed_cores, sum.hypothesis_ms,
      sum.hypothesis_cores);
}

} // namespace monopod::experiment
