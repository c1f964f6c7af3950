// What is compared.
#pragma once

#include "tools/experiment/monopod_system.hpp"
#include "tools/experiment/system.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod::experiment {

/// What lies between the parts.
enum class medium {
  loopback, // all on this machine
  bridge,   // a network namespace for each part, on one bridge: pods of one node
  vxlan,    // the same, by VXLAN, as flannel does: pods of several nodes
  service,  // bridge, and addresses that are translated (DNAT): Kubernetes' Services
  cluster,  // a real one; camera, broker and consumer are on a host outside of it
};

/// One of those that are compared.
struct variant {
  std::string name; // in files and figures
  std::string meaning;
  std::function<std::unique_ptr<pipeline_system>(const surroundings&)> start;
  medium by = medium::loopback;
  /// Where `by` is a cluster: the beginning of a command that runs the rest of it on that host,
  /// with the same files; empty: this machine.
  std::vector<std::string> outside = {};
};

/// Monopod, and the thesis's architecture with and without VEI's encoding: bare processes.
std::vector<variant> bare_variants();

/// Monopod, and the control as fast as it gets.
std::vector<variant> two_variants();

/// A way to cut Monopod into processes, and its name.
struct rung {
  std::string name;
  pipeline_split at;
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

/// Monopod on every rung, by each transport of that experiment: TRANSPORT-RUNG; and the control,
/// which can't be put together and knows no ipc: TRANSPORT-control.
std::vector<variant> ladder_variants(const std::string& experiment);

} // namespace monopod::experiment
