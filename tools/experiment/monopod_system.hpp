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

} // namespace monopod::experiment
