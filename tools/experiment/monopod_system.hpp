// Monopod, in one process or split at some of its links.
#pragma once

#include "tools/deployment/deployment.hpp"
#include "tools/experiment/system.hpp"

#include <memory>
#include <string>

namespace monopod::experiment {

/// `transport` is "tcp" or "ipc", for the links that are cut.
std::unique_ptr<pipeline_system> start_monopod(const surroundings& s, const pipeline_split& at = {},
                                               const std::string& transport = "tcp");

/// The place in which a real detector looks at the frames.
enum class detector_place {
  plugin, // in the node, on a thread of its own
  ipc,    // in a process beside it, by ipc
  tcp,    // by tcp
};

/// Monopod in one process, with the detector NanoDet-g instead of an emulator.
std::unique_ptr<pipeline_system> start_with_detector(const surroundings& s, detector_place where);

} // namespace monopod::experiment
