#include "tools/experiment/verdict.hpp"

#include "tools/experiment/thesis.hpp"
#include "tools/experiment/variants.hpp"
#include "tools/experiment/waterfall.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace monopod::experiment {

std::optional<estimate> figure_lookup::operator[](const std::string& name) const {
  const auto found = std::ranges::find(all_, name, &figure::name);
  if (found != all_.end())
    return found->measured();
  missing_.insert(name);
  return std::nullopt;
}

std::optional<double> figure_lookup::largest(const std::string& begin,
                                             const std::string& end) const {
  std::optional<double> most;
  for (const auto& f : all_)
    if (f.name.starts_with(begin) && f.name.ends_with(end))
      most = std::max(most.value_or(f.value), f.value);
  if (!most)
    missing_.insert(begin + "*" + end);
  return most;
}

namespace {

std::string text(const estimate& e) {
  return fmt::format("{:.3g} (95 %: {:.3g} to {:.3g})", e.value, e.low, e.high);
}

// Camera to gateway is a hop of both systems. Beyond it, a frame of the control goes from the
// gateway to NATS, back to the gateway and to the vision application, and its result from there to
// the gateway.
constexpr double frame_hops = 3;
constexpr double result_hops = 1;

// The cost of those hops by tcp, at the ladder's prices.
std::optional<double> hops_ms(const figure_lookup& f) {
  const auto frame = f["hops.tcp.fit_frame_hop"];
  const auto result = f["hops.tcp.fit_result_hop"];
  if (!frame || !result)
    return std::nullopt;
  return frame_hops * frame->value + result_hops * result->value;
}

// The hops' share of the difference between the control and Monopod.
std::string hops_explain(const figure_lookup& f) {
  const auto hops = hops_ms(f);
  const auto control = f["latency.control.p50"];
  const auto monopod = f["latency.monopod.p50"];
  if (!hops || !control || !monopod || control->value <= monopod->value)
    return {};
  const auto more_ms = control->value - monopod->value;
  auto said = fmt::format(
      "A frame makes three more hops in the control than in Monopod, and its result one "
      "more: at the price of the ladder {:.3g} ms, {:.0f} % of the {:.3g} ms between "
      "the medians.",
      *hops, 100 * *hops / more_ms, more_ms);
  if (more_ms > *hops)
    said += fmt::format(" The other {:.3g} ms were not measured separately; gRPC and NATS are part "
                        "of them.",
                        more_ms - *hops);
  return said;
}

std::string encoding_explains(const figure_lookup& f) {
  const auto plain = f["latency.control.p50"];
  const auto encoded = f["latency.control-vei.p50"];
  if (!plain || !encoded)
    return {};
  return fmt::format("VEI's JSON with base64 through NATS makes the control's median {:.3g} ms "
                     "instead of {:.3g}, {:.2g} times.",
                     encoded->value, plain->value, encoded->value / plain->value);
}

std::string contention_explains(const figure_lookup& f) {
  const auto plenty = f["cpu.control.200.p50"];
  const auto little = f["cpu.control.25.p50"];
  const auto monopod_plenty = f["cpu.monopod.200.p50"];
  const auto monopod_little = f["cpu.monopod.25.p50"];
  if (!plenty || !little || !monopod_plenty || !monopod_little)
    return {};
  return fmt::format("With a quarter of a core instead of two the control takes {:.3g} ms instead "
                     "of {:.3g}, Monopod {:.3g} instead of {:.3g}.",
                     little->value, plenty->value, monopod_little->value, monopod_plenty->value);
}

// The control's medians by transport, and how much the slowest is above loopback.
struct between_pods {
  std::string medians;
  double more_ms = 0;
};
std::optional<between_pods> control_between_pods(const figure_lookup& f) {
  const auto loopback = f["hops.tcp.control.p50"];
  between_pods all;
  for (const auto& t : transports()) {
    if (t.by == medium::loopback)
      continue;
    if (const auto by = f[fmt::format("hops.{}.control.p50", t.name)]; loopback && by) {
      all.medians += fmt::format("{}{:.3g} ms by {}", all.medians.empty() ? "" : ", ", by->value,
                                 t.name == "service" ? "Service addresses" : t.name);
      all.more_ms = std::max(all.more_ms, by->value - loopback->value);
    }
  }
  return all.medians.empty() ? std::nullopt : std::optional(all);
}

// On K3s there were hops between pods instead of hops on loopback. The sentence tells which part
// of the thesis's additional latency they explain.
std::string thesis_explained(const figure_lookup& f) {
  const auto loopback = f["hops.tcp.control.p50"];
  const auto bare = f["latency.control-vei.p50"];
  const auto pods = control_between_pods(f);
  if (!loopback || !bare || !pods)
    return {};
  constexpr auto thesis_more_ms = thesis_k3s::p50_ms - thesis_bare::p50_ms;
  const auto slower = thesis_bare::p50_ms / bare->value;
  const auto share = slower * pods->more_ms / thesis_more_ms;
  return fmt::format(
      "The same control takes {:.3g} ms by loopback, and between network namespaces {}: at most "
      "{:.3g} ms more. The thesis saw {:.0f} ms more on K3s than bare; its gateway on its Pis took "
      "{:.3g} times as long as the control here, bare, so that hops between pods would cost some "
      "{:.2g} ms there: {:.2g} % of what it saw. {}",
      loopback->value, pods->medians, pods->more_ms, thesis_more_ms, slower, slower * pods->more_ms,
      100 * share,
      share < 0.5 ? "So the hops do not explain most of it; its nine pods used 7.5 cores."
                  : "So the hops explain most of it.");
}

// Both systems on a cluster with three replicas, and the loss of a node.
std::vector<std::string> on_kubernetes(const figure_lookup& f) {
  std::vector<std::string> said;
  const auto ratio = f["ratio.kubernetes.p50"];
  const auto monopod = f["kubernetes.monopod.p50"];
  const auto control = f["kubernetes.control.p50"];
  if (ratio && monopod && control)
    said.push_back(
        fmt::format("On Kubernetes, with three replicas, the thesis's architecture takes "
                    "{} times as long as Monopod, median: {:.3g} ms to {:.3g} ms.",
                    text(*ratio), control->value, monopod->value));
  const auto node_loss = f["failures.monopod-primary.outage"];
  const auto worst_s = f.largest("failures.control-", ".outage");
  if (node_loss && worst_s)
    said.push_back(fmt::format("A node that loses power keeps results from the cloud for {} s with "
                               "Monopod's primary on it, and for up to {:.3g} s with the thesis's "
                               "architecture.",
                               text(*node_loss), *worst_s));
  if (!ratio || !node_loss)
    said.push_back(fmt::format("Not measured in this session: {}.",
                               ratio       ? "node failures on Kubernetes"
                               : node_loss ? "latency on Kubernetes"
                                           : "anything on Kubernetes, with its networks, services "
                                             "and node failures"));
  return said;
}

// Monopod and other carriers; empty if they were not run.
std::string against_peers(const figure_lookup& f) {
  const auto monopod = f["node_loss.monopod-group.outage"];
  const auto nats = f["node_loss.nats-cluster.outage"];
  const auto redis = f["node_loss.redis-sentinel.outage"];
  if (!monopod || !nats || !redis)
    return {};
  return fmt::format("If the node in use loses its power, an application misses frames for "
                     "{:.2g} s with Monopod, {:.2g} s with a NATS cluster and {:.2g} s with Redis "
                     "and its sentinels.",
                     monopod->value, nats->value, redis->value);
}

std::string missed(const figure& r) {
  const auto bound = r.at_least ? *r.at_least : *r.at_most;
  const bool possible = r.at_least ? r.high >= bound : r.low <= bound;
  return fmt::format("Missed: {} is {}, {:.0f} % {} its bound of {:g}, which its interval {}.",
                     r.name, text(r.measured()), 100 * std::abs(1 - r.value / bound),
                     r.at_least ? "below" : "above", bound,
                     possible ? "does not exclude" : "excludes");
}

} // namespace

std::vector<std::string> verdict(const figure_lookup& f) {
  std::vector<std::string> said;
  for (const auto& t : transports())
    if (const auto frame = f[fmt::format("hops.{}.fit_frame_hop", t.name)],
        result = f[fmt::format("hops.{}.fit_result_hop", t.name)];
        frame && result)
      said.push_back(
          fmt::format("A hop of a frame between two processes costs {} ms by {}, a hop of "
                      "a result {} ms.",
                      text(*frame), t.name, text(*result)));
  if (const auto ratio = f["ratio.latency.p50"])
    said.push_back(fmt::format("The thesis's architecture takes {} times as long as Monopod from "
                               "camera to publication, median, bare.",
                               text(*ratio)));
  for (auto sentence : {hops_explain(f), encoding_explains(f), contention_explains(f),
                        thesis_explained(f), sum_of(waterfall(f)), against_peers(f)})
    if (!sentence.empty())
      said.push_back(std::move(sentence));
  for (const auto& r : f.all())
    if (!r.good())
      said.push_back(missed(r));
  for (auto& sentence : on_kubernetes(f))
    said.push_back(std::move(sentence));
  said.emplace_back(
      "This machine can't tell how a Raspberry Pi does: it has other processors, no "
      "SD card and no real network. To repeat it on Pis, build it there and run "
      "monopod-experiment run all; docs/kubernetes.md says how on a cluster of them.");
  return said;
}

} // namespace monopod::experiment
