// The flags of the control's camera.
#pragma once

#include "programs/camera/options.hpp"
#include "tools/control/liveness_check.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace monopod::control {

struct publisher_options {
  std::string gateway = "127.0.0.1:50051";
  liveness_check liveness = liveness_check::pings;
  camera_options feed; // except for what only Monopod's gateway has: server, window, full
};

void declare(CLI::App& app, publisher_options& o);

} // namespace monopod::control
