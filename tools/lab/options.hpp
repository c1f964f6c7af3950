// The options of a laboratory.
#pragma once

#include "tools/load/camera_load.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod::lab {

inline constexpr const char* cloud_host = "cloud"; // mosquitto and the consumer
inline constexpr const char* camera_host = "cams";

/// The camera with 200 fps resolves a pause of a few milliseconds, and 30 fps is usual. The camera
/// with 10 fps and 24 kB is the one whose latency is quoted elsewhere; its frames are large enough
/// to delay beats.
inline std::vector<load_camera> street_cameras() {
  return {{.name = "fine", .fps = 200},
          {.name = "usual", .fps = 30},
          {.name = "large", .fps = 10, .width = 768, .height = 576}};
}

struct lab_options {
  std::string bin;                   // folder of the programs
  std::string directory;             // for state, configuration and logs of the nodes
  std::size_t replicas = 3;          // 1: a node alone; 2: with a witness
  bool vxlan = false;                // between the hosts, as flannel does
  bool discover = false;             // members find each other by a name: group.discover
  std::string profile = "lan";       // of group.profile
  std::string ack = "processed";     // broker.ack
  std::string durability = "memory"; // ledger.durability
  std::vector<load_camera> cameras = street_cameras();
  bool small_disks = false; // under the nodes' states, so that they can be filled
  bool at_rest = false;     // the cameras do not stream until they are told to

  bool group() const { return replicas > 1; }
  bool witness() const { return replicas == 2; }
  std::vector<std::string> replica_names() const {
    const std::vector<std::string> all{"a", "b", "c"};
    return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(replicas)};
  }
  std::vector<std::string> member_names() const {
    auto names = replica_names();
    if (witness())
      names.emplace_back("w");
    return names;
  }
  std::vector<std::string> host_names() const {
    auto names = member_names();
    names.emplace_back(cloud_host);
    names.emplace_back(camera_host);
    return names;
  }
};

/// Ports inside the hosts: the programs' defaults, if there are any.
inline constexpr std::uint16_t camera_port = 5570;
inline constexpr std::uint16_t app_port = 5571;
inline constexpr std::uint16_t peer_port = 5580;
inline constexpr std::uint16_t http_port = 9570;
inline constexpr std::uint16_t mqtt_port = 1883;

} // namespace monopod::lab
