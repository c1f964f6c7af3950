// How a campaign is printed.
#include "tools/lab/campaign.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>

namespace monopod::lab {

std::string table(const std::vector<fault_outcome>& all) {
  auto text =
      fmt::format("{:<14}{:>5}{:>27}{:>7}{:>13}{:>15}{:>7}\n{:<14}{:>5}{:>9}{:>9}{:>9}"
                  "{:>7}{:>7}{:>6}{:>9}{:>6}{:>7}\n",
                  "", "", "outage (ms)", "", "lost", "twice", "view", "fault", "runs", "p50", "p99",
                  "max", "bound", "frames", "res.", "on wire", "kept", "changes");
  for (const auto& o : all)
    text += fmt::format("{:<14}{:>5}{:>9.1f}{:>9.1f}{:>9.1f}{:>7}{:>7}{:>6}{:>9}{:>6}{:>7}{}\n",
                        o.fault, o.runs, o.outage_ms.percentile(50), o.outage_ms.percentile(99),
                        o.outage_ms.percentile(100),
                        std::isinf(o.bound_ms) ? "-" : fmt::format("{:.0f}", o.bound_ms),
                        o.sum.acked_lost, o.sum.results_lost, o.sum.twice_on_wire,
                        o.sum.twice_after_key, o.view_changes, o.broken.empty() ? "" : "  BROKEN");
  for (const auto& o : all)
    for (const auto& b : o.broken)
      text += fmt::format("BROKEN {}: {}\n", o.fault, b);
  return text;
}

namespace {

std::string percentiles(const char* name, const samples& s) {
  std::string text;
  for (const auto& [ending, p] : {std::pair{"p50", 50.0}, std::pair{"p95", 95.0},
                                  std::pair{"p99", 99.0}, std::pair{"max", 100.0}})
    text += fmt::format(",\"{}_{}\":{:.2f}", name, ending, s.percentile(p));
  return text;
}

} // namespace

std::string json(const std::vector<fault_outcome>& all, std::uint64_t seed) {
  std::string text;
  for (const auto& o : all)
    text +=
        (text.empty() ? "[\n  " : ",\n  ") +
        fmt::format("{{\"fault\":\"{}\",\"runs\":{}{}{}{},\"acked_lost\":{},\"results_lost\":{},"
                    "\"twice_on_wire\":{},\"twice_after_key\":{},\"view_changes\":{},"
                    "\"bound_ms\":{},\"good\":{},\"seconds\":{:.1f},\"seed\":{}}}",
                    o.fault, o.runs, percentiles("outage_ms", o.outage_ms),
                    percentiles("camera_outage_ms", o.camera_ms),
                    percentiles("consumer_outage_ms", o.consumer_ms), o.sum.acked_lost,
                    o.sum.results_lost, o.sum.twice_on_wire, o.sum.twice_after_key, o.view_changes,
                    std::isinf(o.bound_ms) ? "null" : fmt::format("{:.0f}", o.bound_ms),
                    o.broken.empty(), o.seconds, seed);
  return (text.empty() ? "[" : text) + "\n]\n";
}

} // namespace monopod::lab
