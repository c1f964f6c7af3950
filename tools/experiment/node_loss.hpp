// A node of three loses its power: how long an application misses frames, by Monopod and by what
// else has a failover.
#pragma once

#include "tools/experiment/groups/group.hpp"
#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <string>

namespace monopod::experiment {

/// One camera streams for 5 s, then nothing more leaves the node that it uses, all there is killed,
/// and the camera streams for 10 s more. Hosts are network namespaces. A row for each frame that
/// came, its first time: the columns of measure_failure() but to_app_ms for to_publish_ms, and
/// without back_s. std::runtime_error where something does not start, or a signal asked to end.
sample_table measure_node_loss(const group& g, const std::string& bin, const settings& s);

} // namespace monopod::experiment
