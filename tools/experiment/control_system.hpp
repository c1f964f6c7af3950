// The control: the thesis's architecture with the same work, monopod-control.
#pragma once

#include "tools/experiment/system.hpp"

#include <memory>

namespace monopod::experiment {

/// Gateway, vision application and a nats-server, each in a process. `vei_encoding`: frames go
/// through NATS as JSON with base64, as VEI sent them.
std::unique_ptr<pipeline_system> start_control(const surroundings& s, bool vei_encoding);

} // namespace monopod::experiment
