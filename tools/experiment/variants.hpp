// The variants that experiments compare.
#pragma once

#include "tools/experiment/monopod_system.hpp"
#include "tools/experiment/system.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod::experiment {

/// The medium between the parts.
enum class medium {
  loopback, // all on this machine
  bridge,   // a network namespace for each part, on one bridge: pods of one node
  vxlan,    // the same, but by VXLAN, as flannel does: pods of several nodes
  service,  // a bridge, and addresses that are translated (DNAT), like Kubernetes' Services
  cluster,  // a real cluster; camera, broker and consumer are on a host outside it
};

/// A system under one of the conditions that are compared.
struct variant {
  std::string name; // in files and figures
  std::string meaning;
  std::function<std::unique_ptr<pipeline_system>(const surroundings&)> start;
  medium by = medium::loopback;
  /// If `by` is a cluster: the beginning of a command that runs the rest of it on a host outside,
  /// with the same files. Empty: this machine.
  std::vector<std::string> outside = {};
  /// The time until the cloud's broker confirms a result, added by a relay; only with loopback.
  std::uint32_t confirmed_after_ms = 0;
  /// The rate of a medium that all frames and results pass on their way between camera and parts;
  /// 0: no limit. Only with loopback.
  std::uint64_t link_bits_per_s = 0;
};

/// Monopod, and the thesis's architecture with and without VEI's encoding, without Kubernetes.
std::vector<variant> bare_variants();

/// Monopod, and the control without VEI's encoding, which is faster.
std::vector<variant> two_variants();

/// A way to split Monopod into processes, and its name.
struct rung {
  std::string name;
  pipeline_split at;
};
/// All ways, from no hop to four.
const std::vector<rung>& ladder();

/// The kind of links between processes, and their medium.
struct transport {
  std::string name;       // "tcp", "vxlan"
  std::string experiment; // the one that measures it
  std::string link;       // of Monopod: "ipc" or "tcp"
  medium by = medium::loopback;
};
const std::vector<transport>& transports();

/// Monopod on every rung, by each transport of that experiment (TRANSPORT-RUNG), and the control
/// (TRANSPORT-control), which can't run in one process and has no ipc.
std::vector<variant> ladder_variants(const std::string& experiment);

/// A real detector in the node, and in a process beside it.
std::vector<variant> detector_variants();

} // namespace monopod::experiment
