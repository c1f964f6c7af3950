// A node of three loses its power: how long an application gets no frames, with Monopod and with
// other carriers that have a failover.
#pragma once

#include "tools/experiment/groups/group.hpp"
#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <string>

namespace monopod::experiment {

/// One camera streams for 5 s. Then nothing leaves the node in use any more, all processes there
/// are killed, and the camera streams for 10 s more. Hosts are network namespaces. There is a row
/// for each frame that arrived, at its first arrival. The columns are those of measure_failure(),
/// but with to_app_ms instead of to_publish_ms, and without back_s. std::runtime_error if
/// something does not start, or if a signal asked to end.
sample_table measure_node_loss(const group& g, const std::string& bin, const settings& s);

} // namespace monopod::experiment
