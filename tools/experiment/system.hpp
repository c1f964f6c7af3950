// The system that an experiment measures: a pipeline from cameras to a cloud.
#pragma once

#include "tools/experiment/usage.hpp"
#include "tools/harness/process.hpp"
#include "tools/harness/shared_link.hpp"
#include "tools/network/network.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace monopod::experiment {

/// A running pipeline, ready when constructed and ended with the object. Constructors throw
/// std::runtime_error if a part does not start. Single-threaded.
class pipeline_system {
public:
  pipeline_system() = default;
  virtual ~pipeline_system() = default;
  pipeline_system(const pipeline_system&) = delete;
  pipeline_system& operator=(const pipeline_system&) = delete;

  /// The command of the system's camera program, with the camera's name and the address that it
  /// sends to. Flags of the source follow it; they are monopod-camera's for every system.
  virtual std::vector<std::string> camera(const std::string& name) const = 0;

  /// The processes of this machine whose CPU time and memory count as the system's: without the
  /// camera and the cloud's broker.
  virtual std::vector<harness::named_process> parts() const = 0;

  /// The usage of those processes, or of the pods if the system runs on a cluster. May be called
  /// on another thread, one call at a time. Empty unless all of it is known.
  virtual std::vector<part_usage> usage() {
    std::vector<part_usage> all;
    for (const auto& p : parts())
      all.push_back(usage_of(p));
    return all;
  }
};

/// The cloud's port, on a host of its own.
inline constexpr std::uint16_t cloud_port = 1883;

/// Further hosts beside those of the stages, if the medium is not loopback.
inline constexpr const char* camera_host = "cams";
inline constexpr const char* cloud_host = "mqtt"; // the cloud's broker, and its consumer

/// An application's name; if there are several, -1 to -N follows it.
inline constexpr const char* app_name = "app";

/// The camera's name; if there are several, -1 to -N follows it.
inline constexpr const char* camera_name = "cam";

/// The surroundings that a system is started in.
struct surroundings {
  std::string bin; // folder of Monopod's programs
  std::size_t cameras = 1;
  std::size_t apps = 1;                // vision applications, each with all cameras
  std::string mqtt_host = "127.0.0.1"; // of the cloud's broker
  std::uint16_t mqtt_port = 0;
  const harness::network* net = nullptr; // null: loopback; must outlive the system
  bool services = false;                 // the parts reach each other at their services' addresses
  // All messages between the camera and the parts pass this medium, by relays; null: none. Only
  // without a network.
  std::shared_ptr<harness::shared_link> link = {};
};

} // namespace monopod::experiment
