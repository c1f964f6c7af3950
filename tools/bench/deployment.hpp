// What is measured: the four stages in one process, or split over four.
#pragma once

#include "tools/harness/servers.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

/// How the stages are linked. The collapsed pod is inproc; ipc and tcp split it into a process for
/// each stage.
enum class linkage { inproc, ipc, tcp };

const char* name_of(linkage l);

/// A running pipeline that publishes to `mqtt_port`; ready when constructed (throws
/// std::runtime_error otherwise), ended with the object.
class deployment {
public:
  deployment(const std::string& program, linkage how, std::uint16_t mqtt_port,
             const std::vector<std::string>& more_flags = {});

  /// Where cameras connect.
  std::string camera_endpoint() const { return pods_.front()->address("cameras"); }
  /// CPU time of all its processes.
  std::uint64_t cpu_ns() const;
  /// Resident memory of all its processes.
  double rss_mb() const;
  /// Sum of the series of a metric; 0 where there is none.
  double metric(const std::string& name) const;

private:
  void start(const std::string& program, const std::string& stages, std::vector<std::string> flags);

  harness::temporary_directory directory_; // of the ipc sockets
  std::vector<std::unique_ptr<harness::pod_process>>
      pods_; // [0] has the gateway, the last the cloud
};

} // namespace monopod
