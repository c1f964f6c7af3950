// What carries frames by three nodes, of which it may lose one.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/network/network.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod::experiment {

/// Its nodes, hosts of the network; beside them it may use cloud_host.
inline const std::vector<std::string> group_nodes{"a", "b", "c"};

/// Its servers on those nodes, ended with the object. Ready when constructed, each node with all
/// that the others have; std::runtime_error where they do not become so. Single-threaded.
class server_group {
public:
  server_group() = default;
  virtual ~server_group() = default;
  server_group(const server_group&) = delete;
  server_group& operator=(const server_group&) = delete;

  /// Of all nodes.
  virtual std::string camera_address() const = 0;
  virtual std::string app_address() const = 0;
  /// The node that the camera's frames go to now.
  virtual std::string in_use() = 0;
  /// SIGKILL to all that runs there.
  virtual void kill(const std::string& node) = 0;
};

/// Cameras and applications that follow it to the nodes that are left.
struct group : clients {
  std::function<std::unique_ptr<server_group>(const std::string& bin, const harness::network& net)>
      start; // the network outlives it
};

group monopod_group();
group nats_group();
group redis_group();
/// All that Debian has and that has a failover; Monopod first.
const std::vector<group>& all_groups();

} // namespace monopod::experiment
