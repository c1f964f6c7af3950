#include "tools/experiment/report.hpp"
#include "tools/experiment/thesis.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace monopod::experiment {

namespace {

class looked_up {
public:
  explicit looked_up(const std::vector<reported>& all) : all_(all) {}
  std::optional<estimate> operator[](const std::string& name) const {
    const auto found = std::ranges::find(all_, name, &reported::name);
    return found == all_.end() ? std::nullopt : std::optional(found->measured);
  }

private:
  const std::vector<reported>& all_;
};

std::string text(const estimate& e) {
  return fmt::format("{:.3g} (95 %: {:.3g} to {:.3g})", e.value, e.low, e.high);
}

// Camera to gateway is a hop of both. Beyond it a frame of the control's goes gateway, NATS,
// gateway, vision, and its result from vision to the gateway.
constexpr double frame_hops = 3;
constexpr double result_hops = 1;

// What they cost by tcp, at the price of the ladder.
std::optional<double> hops_ms(const looked_up& f) {
  const auto frame = f["hops.tcp.fit_frame_hop"];
  const auto result = f["hops.tcp.fit_result_hop"];
  if (!frame || !result)
    return std::nullopt;
  return frame_hops * frame->value + result_hops * result->value;
}

// The hops' share of what the control takes longer than Monopod.
std::string hops_explain(const looked_up& f) {
  const auto hops = hops_ms(f);
  const auto control = f["latency.control.p50"];
  const auto monopod = f["latency.monopod.p50"];
  if (!hops || !control || !monopod || control->value <= monopod->value)
    return {};
  const auto more_ms = control->value - monopod->value;
  return fmt::format(
      "A frame of the control's makes three hops more than Monopod's, its result one: "
      "at the price of the ladder {:.3g} ms, {:.0f} % of the {:.3g} ms between the "
      "medians. The rest is what gRPC, NATS and more processes cost.",
      *hops, 100 * *hops / more_ms, more_ms);
}

std::string encoding_explains(const looked_up& f) {
  const auto plain = f["latency.control.p50"];
  const auto encoded = f["latency.control-vei.p50"];
  if (!plain || !encoded)
    return {};
  return fmt::format("VEI's JSON with base64 through NATS makes the control's median {:.3g} ms "
                     "instead of {:.3g}, {:.2g} times.",
                     encoded->value, plain->value, encoded->value / plain->value);
}

std::string contention_explains(const looked_up& f) {
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

// The control's medians by transport, and by how much the slowest is above loopback.
struct between_pods {
  std::string medians;
  double more_ms = 0;
};
std::optional<between_pods> control_between_pods(const looked_up& f) {
  const auto loopback = f["hops.tcp.control.p50"];
  between_pods all;
  for (const auto& t : transports())
    if (const auto by = f[fmt::format("hops.{}.control.p50", t.name)];
        loopback && by && t.by != medium::loopback) {
      all.medians += fmt::format("{}{:.3g} ms by {}", all.medians.empty() ? "" : ", ", by->value,
                                 t.name == "service" ? "Service addresses" : t.name);
      all.more_ms = std::max(all.more_ms, by->value - loopback->value);
    }
  return all.medians.empty() ? std::nullopt : std::optional(all);
}

// K3s put hops between pods that were on loopback before. How much of what that cost the thesis is
// this?
std::string thesis_explained(const looked_up& f) {
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

// What three replicas on a cluster and the loss of a node do to both.
std::vector<std::string> on_kubernetes(const looked_up& f, const std::vector<reported>& all) {
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
  std::optional<double> worst_s;
  for (const auto& r : all)
    if (r.name.starts_with("failures.control-") && r.name.ends_with(".outage"))
      worst_s = std::max(worst_s.value_or(0), r.measured.value);
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

// Monopod and its peers; nothing where they were not run.
std::string against_peers(const looked_up& f) {
  const auto monopod = f["node_loss.monopod-group.outage"];
  const auto nats = f["node_loss.nats-cluster.outage"];
  const auto redis = f["node_loss.redis-sentinel.outage"];
  if (!monopod || !nats || !redis)
    return {};
  return fmt::format("Where the node in use loses its power, an application misses frames for "
                     "{:.2g} s with Monopod, {:.2g} s with a NATS cluster and {:.2g} s with Redis "
                     "and its sentinels.",
                     monopod->value, nats->value, redis->value);
}

// What is known of why a figure misses its bound.
struct reason {
  std::string_view begins; // its name, and
  std::string_view ends;
  std::string_view why;
};

std::string missed(const reported& r) {
  static constexpr std::array reasons{
      reason{"ratio.peers.mosquitto-", ".cpu_per_frame",
             "mosquitto passes a frame on, at QoS 0 without any acknowledgement; with Monopod the "
             "application answers each with a result, which wakes it once more where frames are "
             "few"},
      reason{"ratio.peers.", ".1.p99",
             "with one camera that is one of a repetition's few slowest frames, and what else the "
             "machine does decides it"},
      reason{"ratio.kubernetes.", "",
             "this control is C++, keeps its streams open, replicates nothing, and the fastest of "
             "its three applications counts; Monopod publishes what its other nodes hold already"},
      reason{"ratio.failures.", ".outage",
             "this control asks gateways and NATS servers every second or two whether they are "
             "there, and its cameras know every node; the thesis's had outages of 40 to 80 s"},
  };
  const auto known = std::ranges::find_if(reasons, [&r](const reason& some) {
    return r.name.starts_with(some.begins) && r.name.ends_with(some.ends);
  });
  const auto unsure = r.measured.high >= *r.at_least;
  return fmt::format("Missed: {} is {}, it was to be at least {:g}{}{}{}.", r.name,
                     text(r.measured), *r.at_least,
                     unsure ? ", which its interval does not exclude" : "",
                     known == reasons.end() ? "" : ": ", known == reasons.end() ? "" : known->why);
}

} // namespace

std::vector<std::string> verdict(const std::vector<reported>& all) {
  const looked_up f(all);
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
                        thesis_explained(f), against_peers(f)})
    if (!sentence.empty())
      said.push_back(std::move(sentence));
  for (const auto& r : all)
    if (!r.good())
      said.push_back(missed(r));
  for (auto& sentence : on_kubernetes(f, all))
    said.push_back(std::move(sentence));
  said.emplace_back(
      "This machine can't tell how a Raspberry Pi does: it has other processors, no "
      "SD card and no real network. To repeat it on Pis, build it there and run "
      "monopod-experiment run all; docs/kubernetes.md says how on a cluster of them.");
  return said;
}

} // namespace monopod::experiment
