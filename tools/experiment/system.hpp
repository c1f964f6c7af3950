// What an experiment measures: a pipeline from cameras to a cloud, of several processes.
#pragma once

#include "tools/experiment/usage.hpp"
#include "tools/harness/process.hpp"
#include "tools/network/network.hpp"

#include <cstdint>
#include <string>
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

  /// Processes of this machine whose CPU time and memory are the system's: neither camera nor the
  /// cloud's broker.
  virtual std::vector<harness::named_process> parts() const = 0;

  /// What they use, and where it runs elsewhere what that does. Also on another thread, one at a
  /// time; nothing where not all of it is known.
  virtual std::vector<part_usage> usage() {
    std::vector<part_usage> all;
    for (const auto& p : parts())
      all.push_back(usage_of(p));
    return all;
  }
};

/// The cloud's port, on a host of its own.
inline constexpr std::uint16_t cloud_port = 1883;

/// Hosts beside those of the stages, where the medium is not loopback.
inline constexpr const char* camera_host = "cams";
inline constexpr const char* cloud_host = "mqtt"; // the cloud's broker, and its consumer

/// An application's name, with -1 to -N behind it where there are several.
inline constexpr const char* app_name = "app";

/// The camera's name; of several: this, with -1 to -N behind it.
inline constexpr const char* camera_name = "cam";

/// What a system is started with.
struct surroundings {
  std::string bin; // folder of Monopod's programs
  std::size_t cameras = 1;
  std::size_t apps = 1;                // vision applications, each with all cameras
  std::string mqtt_host = "127.0.0.1"; // of the cloud's broker
  std::uint16_t mqtt_port = 0;
  const harness::network* net = nullptr; // null: loopback; outlives the system
  bool services = false;                 // parts reach each other at their services' addresses
};

} // namespace monopod::experiment
