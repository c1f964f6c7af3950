// What an experiment measures: a pipeline from cameras to a cloud, of several processes.
#pragma once

#include "tools/network/network.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace monopod::experiment {

/// A running pipeline, ready when constructed, ended with the object. Constructors throw
/// std::runtime_error where a part does not start. Single-threaded.
class pipeline_system {
public:
  pipeline_system() = default;
  virtual ~pipeline_system() = default;
  pipeline_system(const pipeline_system&) = delete;
  pipeline_system& operator=(const pipeline_system&) = delete;

  /// The command of its camera program, with where it sends to; flags of the source follow, which
  /// are those of monopod-camera for every system.
  virtual std::vector<std::string> camera() const = 0;

  struct part {
    std::string name; // "gateway", "nats"
    pid_t pid = -1;
  };
  /// Processes whose CPU time and memory are the system's: neither camera nor the cloud's broker.
  virtual std::vector<part> parts() const = 0;
};

/// What lies between the parts.
enum class medium {
  loopback, // all on this machine
  bridge,   // a network namespace for each part, on one bridge: pods of one node
  vxlan,    // the same, by VXLAN, as flannel does: pods of several nodes
  service,  // bridge, and addresses that are translated (DNAT): Kubernetes' Services
};

/// Hosts of the parts where the medium is not loopback.
inline constexpr const char* camera_host = "cams";
inline constexpr const char* cloud_host = "mqtt"; // the cloud's broker, and its consumer
inline const std::vector<std::string> stage_hosts{"gateway", "broker", "vision", "cloud"};

/// What a system is started with.
struct surroundings {
  std::string bin;            // folder of Monopod's programs
  std::string camera = "cam"; // names of the cameras: this, or with -1 to -N behind it
  std::size_t cameras = 1;
  std::string mqtt_host = "127.0.0.1";
  std::uint16_t mqtt_port = 0;       // of the cloud's broker
  const lab::network* net = nullptr; // null: loopback; outlives the system
  bool services = false;             // parts reach each other at their services' addresses
};

/// What `f` gives, with all that it starts on that host; on this machine where there is no network.
template <class F>
auto on_host(const lab::network* net, const std::string& host, F f) {
  std::optional<lab::inside> here;
  if (net != nullptr)
    here.emplace(net->at(host));
  return f();
}

/// One of those that are compared.
struct variant {
  std::string name; // in files and figures
  std::string meaning;
  std::function<std::unique_ptr<pipeline_system>(const surroundings&)> start;
  medium by = medium::loopback;
};

} // namespace monopod::experiment
