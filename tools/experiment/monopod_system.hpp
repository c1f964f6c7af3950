// Monopod, in one process or split at some of its links.
#pragma once

#include "tools/experiment/system.hpp"

#include <memory>
#include <string>
#include <vector>

namespace monopod::experiment {

/// Where the pipeline is cut into processes: each cut link becomes hops between two of them.
struct split {
  bool frames = false;  // gateway | broker: one hop of a frame
  bool apps = false;    // broker | vision: one hop of a frame, and one of its result
  bool results = false; // ledger | cloud bridge: one hop of a result

  int frame_hops() const { return (frames ? 1 : 0) + (apps ? 1 : 0); }
  int result_hops() const { return (apps ? 1 : 0) + (results ? 1 : 0); }
};

/// "tcp" on loopback, or "ipc".
std::unique_ptr<pipeline_system> start_monopod(const surroundings& s, const split& at = {},
                                               const std::string& transport = "tcp");

} // namespace monopod::experiment
