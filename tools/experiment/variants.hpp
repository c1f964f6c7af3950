// What is compared.
#pragma once

#include "tools/experiment/monopod_system.hpp"
#include "tools/experiment/system.hpp"

#include <string>
#include <vector>

namespace monopod::experiment {

/// Monopod, and the thesis's architecture with and without VEI's encoding: bare processes.
std::vector<variant> bare_variants();

/// Monopod, and the control as fast as it gets.
std::vector<variant> two_variants();

/// A way to cut Monopod into processes, and its name.
struct rung {
  std::string name;
  split at;
};
/// From no hop to four.
const std::vector<rung>& ladder();

/// How processes are linked, and over what.
struct transport {
  std::string name;       // "tcp", "vxlan"
  std::string experiment; // in which it is measured
  std::string link;       // of Monopod: "ipc" or "tcp"
  medium by = medium::loopback;
};
const std::vector<transport>& transports();

/// Monopod on every rung, by each transport of that experiment: TRANSPORT-RUNG.
std::vector<variant> ladder_variants(const std::string& experiment);

} // namespace monopod::experiment
