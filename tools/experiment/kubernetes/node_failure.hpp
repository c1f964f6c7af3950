// A cluster is disturbed while a camera streams: a node loses its power and gets it back, or a pod
// is deleted.
#pragma once

#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace monopod::experiment {

enum class disturbance { power_off, deletion };

struct failure_scenario {
  std::string experiment;           // "failures", "original-failures", "leaving"
  std::string name;                 // in files and figures
  std::string system;               // as in `stage`
  std::vector<std::string> failing; // the parts on the node that fails, or the pod, as in `stage`
  std::string meaning;              // the node or the pod, in words
  std::optional<double> thesis_outage_s = std::nullopt; // figures 4.5 to 4.11
  disturbance what = disturbance::power_off;
};

/// Two scenarios of Monopod, and the seven of the thesis, with the control as it is and with the
/// habits of the original; and pods of all three that are deleted.
const std::vector<failure_scenario>& failure_scenarios();

/// A row for each result that arrived, for the frames from some seconds before the disturbance on.
/// Its columns are seq, sent_s and came_s (the camera's and the consumer's stamps, in seconds from
/// the disturbance), to_publish_ms, and, with the same value in all rows, period_s of the frames,
/// back_s when the node was powered on (after a deletion: the end), and end_s when the run ended.
/// std::runtime_error if the cluster does not do what it should.
sample_table measure_failure(const failure_scenario& f, const std::string& bin, const settings& s);

} // namespace monopod::experiment
