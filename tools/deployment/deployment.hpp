// Monopod as benchmarks and the experiment run it: its stages in one process, or split over
// several.
#pragma once

#include "tools/harness/process.hpp"
#include "tools/harness/servers.hpp"
#include "tools/network/network.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

/// Where the pipeline is cut into processes: each cut link becomes hops between two of them.
struct pipeline_split {
  bool frames = false;  // gateway | broker: one hop of a frame
  bool apps = false;    // broker | vision: one hop of a frame, and one of its result
  bool results = false; // ledger | cloud stage: one hop of a result

  int frame_hops() const { return (frames ? 1 : 0) + (apps ? 1 : 0); }
  int result_hops() const { return (apps ? 1 : 0) + (results ? 1 : 0); }
};

struct deployment_options {
  std::string program; // monopod
  std::string mqtt_host = "127.0.0.1";
  std::uint16_t mqtt_port = 0;
  std::string site =
      "monopod"; // two clients of one site and node push each other out at the broker
  pipeline_split at;
  std::string transport = "tcp";  // of what is cut: or ipc
  std::vector<std::string> flags; // further ones of `monopod run`
  // Each process on the host of its first stage, of those in stage_hosts; null: all on this
  // machine.
  const harness::network* net = nullptr;
  bool services = false; // they reach each other at the hosts' service addresses
};

/// Hosts that a network must have for a deployment in it.
inline const std::vector<std::string> stage_hosts{"gateway", "broker", "vision", "cloud"};

/// A running pipeline; ready when constructed (throws std::runtime_error otherwise), ended with the
/// object. Single-threaded.
class deployment {
public:
  explicit deployment(deployment_options o);

  /// Where cameras connect.
  std::string camera_endpoint() const;
  /// Its processes, named by their stages.
  std::vector<harness::named_process> parts() const;
  /// CPU time of all its processes.
  std::uint64_t cpu_ns() const;
  /// Resident memory of all its processes, 10^6 bytes.
  double rss_mb() const;
  /// Sum of the series of a metric; 0 where there is none.
  double metric(const std::string& name) const;

private:
  void start(const std::string& stages, const std::vector<std::string>& links);
  std::string reached_at(const std::string& host) const;
  std::string endpoint(const std::string& link, bool binds) const;

  deployment_options options_;
  std::string broker_host_;                                  // which binds all links
  harness::temporary_directory directory_;                   // of ipc sockets
  std::vector<std::pair<std::string, std::uint16_t>> ports_; // of links, by tcp
  std::vector<std::pair<std::string, std::unique_ptr<harness::pod_process>>>
      pods_; // by their stages; [0] has the gateway
};

} // namespace monopod
