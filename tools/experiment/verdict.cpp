#include "tools/experiment/report.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>

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

// The hops' share of what the control takes longer than Monopod.
std::string hops_explain(const looked_up& f) {
  const auto frame = f["hops.tcp.fit_frame_hop"];
  const auto result = f["hops.tcp.fit_result_hop"];
  const auto control = f["latency.control.p50"];
  const auto monopod = f["latency.monopod.p50"];
  if (!frame || !result || !control || !monopod || control->value <= monopod->value)
    return {};
  // Camera to gateway is a hop of both. Beyond it a frame of the control's goes gateway, NATS,
  // gateway, vision, and its result from vision to the gateway.
  constexpr double frame_hops = 3;
  constexpr double result_hops = 1;
  const auto hops_ms = frame_hops * frame->value + result_hops * result->value;
  const auto more_ms = control->value - monopod->value;
  return fmt::format(
      "A frame of the control's makes three hops more than Monopod's, its result one: "
      "at the price of the ladder {:.3g} ms, {:.0f} % of the {:.3g} ms between the "
      "medians. The rest is what gRPC, NATS and more processes cost.",
      hops_ms, 100 * hops_ms / more_ms, more_ms);
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
  if (const auto explained = hops_explain(f); !explained.empty())
    said.push_back(explained);
  for (const auto& r : all)
    if (!r.good())
      said.push_back(fmt::format("Missed: {} is {:.3g}, it was to be at least {:g}.", r.name,
                                 r.measured.value, *r.at_least));
  said.emplace_back("Not measured in this session: anything on Kubernetes, with its networks, "
                    "services and node failures.");
  said.emplace_back(
      "This machine can't tell how a Raspberry Pi does: it has other processors, no "
      "SD card and no real network. To repeat it on Pis, install the packages and run "
      "monopod-experiment run all there.");
  return said;
}

} // namespace monopod::experiment
