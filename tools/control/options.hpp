// The flags of monopod-control.
#pragma once

#include "tools/control/gateway.hpp"
#include "tools/control/health.hpp"
#include "tools/control/vision.hpp"

#include <CLI/CLI.hpp>

#include <map>
#include <string>

namespace monopod::control {

struct arguments {
  gateway_options gateway;
  vision_options vision;
  health_options health;
  std::string site = "site";
  std::string node;                            // empty: the host's name
  std::map<std::string, std::string> emulator; // by setting
  std::string asked;                           // the subcommand
};

void declare(CLI::App& app, arguments& a);

} // namespace monopod::control
