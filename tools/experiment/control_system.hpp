// The control: monopod-control, which has the thesis's architecture and does the same work.
#pragma once

#include "tools/experiment/system.hpp"

#include <memory>

namespace monopod::experiment {

/// A gateway, vision applications and a nats-server, each in a process of its own. With
/// `vei_encoding`, frames go through NATS as JSON with base64, as VEI sent them.
std::unique_ptr<pipeline_system> start_control(const surroundings& s, bool vei_encoding);

} // namespace monopod::experiment
