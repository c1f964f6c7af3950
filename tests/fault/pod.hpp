// The pod under test: always at the same addresses, so that it can be killed and come back.
#pragma once

#include "tests/fault/cases.hpp"
#include "tools/harness/servers.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod::fault {

class pod {
public:
  /// Until it is ready; a member of a group may need the others for that.
  enum class wait { now, later };
  /// Starts `monopod run` with `flags` and what the options add; ready when constructed, unless the
  /// caller waits later.
  pod(const options& o, const std::vector<std::string>& flags, wait until_ready = wait::now);

  harness::pod_process& process() { return *process_; }
  std::string log() const { return process_->log(); }
  pid_t pid() const { return process_->pid(); }
  std::string cameras() const { return process_->address("cameras"); }
  std::string applications() const { return process_->address("applications"); }
  std::uint16_t http_port() const { return process_->http_port(); }
  /// SIGKILL, and its end.
  void kill();
  /// A new one at the same addresses, which may not be ready yet.
  void start();
  /// SIGKILL, then at once a new one at the same addresses; returns the seconds until it was ready.
  double kill_and_restart();
  /// A series of /metrics, named as there with its labels; 0 where it is missing.
  double metric(const std::string& series) const { return process_->metric(series).value_or(0); }
  /// SIGKILL, then a new one that is killed `ms` after its start, ready or not.
  void kill_and_kill_starting(int ms);
  /// Sum of a metric over its labels.
  double sum(const std::string& metric) const;
  /// False where more than `fresh` results still wait for a cloud after `timeout_s`; `fresh`: those
  /// on their way while cameras publish.
  bool drained(double timeout_s, double fresh = 0) const;
  /// The pod's metrics of its outboxes and clouds, on one line.
  std::string outbox() const;
  /// Expects that no result was given up, then ends the pod with SIGTERM and expects exit code 0.
  void stop(outcome& result);

private:
  void await_ready();

  std::string program_;
  std::vector<std::string> flags_;
  std::unique_ptr<harness::pod_process> process_;
};

/// Flags for a ledger on disk in that folder.
std::vector<std::string> on_disk(const std::filesystem::path& directory);

/// The pod's own memory: Anonymous of /proc/PID/smaps_rollup, which code pages read from files do
/// not move. 10^6 bytes; 0 where the process is gone.
double anonymous_mb(pid_t pid);

} // namespace monopod::fault
