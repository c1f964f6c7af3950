// Prints a campaign.
#include "programs/report_json.hpp"
#include "programs/table.hpp"
#include "tools/harness/figures.hpp"
#include "tools/lab/campaign.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace monopod::lab {

std::string to_table(const std::vector<fault_outcome>& all) {
  table t({{"fault", align::left},
           {"runs"},
           {"outage ms: p50"},
           {"p99"},
           {"max"},
           {"bound"},
           {"lost: frames"},
           {"results"},
           {"twice: on wire"},
           {"kept"},
           {"view changes"},
           {"", align::left}});
  const auto ms = [](double value) { return fmt::format("{:.1f}", value); };
  for (const auto& o : all)
    t.add({o.fault, fmt::to_string(o.runs), ms(o.outage_ms.percentile(50)),
           ms(o.outage_ms.percentile(99)), ms(o.outage_ms.percentile(100)),
           std::isinf(o.bound_ms) ? "-" : fmt::format("{:.0f}", o.bound_ms),
           fmt::to_string(o.sum.acked_lost), fmt::to_string(o.sum.results_lost),
           fmt::to_string(o.sum.twice_on_wire), fmt::to_string(o.sum.twice_after_key),
           fmt::to_string(o.view_changes), o.broken.empty() ? "" : "BROKEN"});
  auto text = t.text();
  for (const auto& o : all)
    for (const auto& b : o.broken)
      text += fmt::format("BROKEN {}: {}\n", o.fault, b);
  return text;
}

namespace {

void add_percentiles(nlohmann::ordered_json& row, const std::string& name, const samples& ms) {
  for (const auto& [ending, p] : {std::pair{"p50", 50.0}, std::pair{"p95", 95.0},
                                  std::pair{"p99", 99.0}, std::pair{"max", 100.0}})
    row[name + "_" + ending] = rounded(ms.percentile(p), 2);
}

} // namespace

nlohmann::ordered_json to_json(const std::vector<fault_outcome>& all, std::uint64_t seed) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& o : all) {
    nlohmann::ordered_json row{{"fault", o.fault}, {"runs", o.runs}};
    add_percentiles(row, "outage_ms", o.outage_ms);
    add_percentiles(row, "camera_outage_ms", o.camera_ms);
    add_percentiles(row, "consumer_outage_ms", o.consumer_ms);
    row["acked_lost"] = o.sum.acked_lost;
    row["results_lost"] = o.sum.results_lost;
    row["twice_on_wire"] = o.sum.twice_on_wire;
    row["twice_after_key"] = o.sum.twice_after_key;
    row["view_changes"] = o.view_changes;
    row["bound_ms"] = harness::to_json(o.bound_ms); // null if there is none
    row["good"] = o.broken.empty();
    row["seconds"] = rounded(o.seconds, 1);
    row["seed"] = seed;
    rows.push_back(std::move(row));
  }
  return rows;
}

} // namespace monopod::lab
