// A node that loses power while a camera streams, and comes back.
#pragma once

#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace monopod::experiment {

/// Who is on the node that fails.
struct failure_scenario {
  std::string name;                                     // in files and figures
  std::string system;                                   // "monopod", "control"
  std::vector<std::string> failing;                     // as of `stage`
  std::string meaning;                                  // the node, in words
  std::optional<double> thesis_outage_s = std::nullopt; // figures 4.5 to 4.11
};

/// Monopod's two, and the seven of the thesis.
const std::vector<failure_scenario>& failure_scenarios();

/// A row for each result that came, of the frames from some seconds before the failure on: seq,
/// sent_s and came_s (camera's stamp, the consumer's; seconds from the failure), to_publish_ms; and
/// the same in all rows: period_s of the frames, back_s when the node was powered on, end_s when
/// the run ended. std::runtime_error where the cluster does not do as it should.
sample_table measure_failure(const failure_scenario& f, const std::string& bin, const settings& s);

} // namespace monopod::experiment
