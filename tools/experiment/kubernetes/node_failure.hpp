// A node that loses its power while a camera streams, and gets it back.
#pragma once

#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace monopod::experiment {

/// The parts on the node that fails.
struct failure_scenario {
  std::string name;                                     // in files and figures
  std::string system;                                   // "monopod", "control"
  std::vector<std::string> failing;                     // as in `stage`
  std::string meaning;                                  // the node, in words
  std::optional<double> thesis_outage_s = std::nullopt; // figures 4.5 to 4.11
};

/// Two scenarios of Monopod, and the seven of the thesis.
const std::vector<failure_scenario>& failure_scenarios();

/// A row for each result that arrived, for the frames from some seconds before the failure on. Its
/// columns are seq, sent_s and came_s (the camera's and the consumer's stamps, in seconds from the
/// failure), to_publish_ms, and, with the same value in all rows, period_s of the frames, back_s
/// when the node was powered on, and end_s when the run ended. std::runtime_error if the cluster
/// does not do what it should.
sample_table measure_failure(const failure_scenario& f, const std::string& bin, const settings& s);

} // namespace monopod::experiment
