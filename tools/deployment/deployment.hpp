// Monopod as benchmarks and the experiment run it: with its stages in one process, or split over
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

/// The links at which the pipeline is cut into processes: each cut adds hops between two of them.
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
  // Two clients of one site and node push each other out at the broker.
  std::string site = "monopod";
  pipeline_split at;
  std::string transport = "tcp";  // of the links that are cut: tcp, ipc, libzmq+tcp, libzmq+ipc
  std::vector<std::string> flags; // further flags of `monopod run`
  // The network whose hosts the processes run on: each on the host of its first stage, of those in
  // stage_hosts. Null: all run on this machine.
  const harness::network* net = nullptr;
  bool services = false; // processes reach each other at the hosts' service addresses
};

/// Hosts that a network needs for a deployment.
inline const std::vector<std::string> stage_hosts{"gateway", "broker", "vision", "cloud"};

/// A running pipeline, ready when constructed (throws std::runtime_error otherwise) and ended with
/// the object. Single-threaded.
class deployment {
public:
  explicit deployment(deployment_options o);

  /// The endpoint where cameras connect.
  std::string camera_endpoint() const;
  /// The processes, named by their stages.
  std::vector<harness::named_process> parts() const;
  /// CPU time of all processes.
  std::uint64_t cpu_ns() const;
  /// Resident memory of all processes, in units of 10^6 bytes.
  double rss_mb() const;
  /// Sum of a metric's series; 0 if there are none.
  double metric(const std::string& name) const;

private:
  void start(const std::string& stages, const std::vector<std::string>& links);
  std::string reached_at(const std::string& host) const;
  std::string endpoint(const std::string& link, bool binds) const;

  deployment_options options_;
  std::string broker_host_;                                  // that binds all links
  harness::temporary_directory directory_;                   // for ipc sockets
  std::vector<std::pair<std::string, std::uint16_t>> ports_; // of links by tcp
  // By their stages; the first one has the gateway.
  std::vector<std::pair<std::string, std::unique_ptr<harness::pod_process>>> pods_;
};

} // namespace monopod
