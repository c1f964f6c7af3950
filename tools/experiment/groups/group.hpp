// Carriers of frames on three nodes, of which one may be lost.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/network/network.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod::experiment {

/// The nodes of a group, which are hosts of the network. It may use cloud_host as well.
inline const std::vector<std::string> group_nodes{"a", "b", "c"};

/// The servers on those nodes, ended with the object. Ready when constructed: each node then has
/// everything that the others have. std::runtime_error if they do not become ready.
/// Single-threaded.
class server_group {
public:
  server_group() = default;
  virtual ~server_group() = default;
  server_group(const server_group&) = delete;
  server_group& operator=(const server_group&) = delete;

  /// The addresses of all nodes.
  virtual std::string camera_address() const = 0;
  virtual std::string app_address() const = 0;
  /// The node that the camera's frames go to at present.
  virtual std::string in_use() = 0;
  /// Sends SIGKILL to all processes there.
  virtual void kill(const std::string& node) = 0;
};

/// A group, with cameras and applications that follow it to the nodes that are left.
struct group : clients {
  std::function<std::unique_ptr<server_group>(const std::string& bin, const harness::network& net)>
      start; // the network must outlive it
};

group monopod_group();
group nats_group();
group redis_group();
/// All groups with a failover that Debian has; Monopod comes first.
const std::vector<group>& all_groups();

} // namespace monopod::experiment
