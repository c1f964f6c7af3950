// A member of the group in the laboratory: its host, its process, and its own status.
#pragma once

#include "tools/harness/process.hpp"
#include "tools/harness/small_disk.hpp"
#include "tools/lab/options.hpp"
#include "tools/network/network.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod::lab {

/// A node's answer to /api/v1/status.
struct member_status {
  struct peer {
    std::string role; // "joining" while it is not in sync
    std::uint64_t lag_ops = 0;
  };
  bool ready = false;
  bool serving = false; // takes frames in and publishes
  std::uint64_t epoch = 0;
  std::map<std::string, peer> peers; // includes the node itself; empty if it is alone
};

/// Single-threaded: the thread that starts the process must outlive it (PR_SET_PDEATHSIG).
class member {
public:
  member(const lab_options& o, const harness::network& net, std::string name, bool witness);

  const std::string& name() const { return name_; }
  bool witness() const { return witness_; }
  /// Starts the process if it does not run. `flags` apply to this life only.
  void start(const std::vector<std::string>& flags = {});
  /// Sends SIGKILL.
  void kill9();
  /// Sends SIGTERM and waits for the end. False if that took longer than `timeout`; the process is
  /// then killed.
  bool terminate(std::chrono::milliseconds timeout);
  void signal_stop();
  void signal_continue();
  bool runs();
  /// Whether the process runs and is not stopped.
  bool up();
  /// The status of a process that is up; nothing if it does not answer.
  std::optional<member_status> status();
  /// Sum of the series of /metrics whose names begin with `series`; 0 if there are none.
  double metric(const std::string& series) const;
  /// The id of the process that runs.
  pid_t pid() const { return process_->pid(); }
  /// Makes a stage fail. False if the node refused.
  bool kill_stage(const std::string& stage);
  /// The disk under the member's state, which outlives its processes; null unless the options ask
  /// for small_disks.
  const harness::small_disk* disk() const { return disk_ ? &*disk_ : nullptr; }
  /// The end of the member's log, for people.
  std::string log_tail() const;

private:
  std::vector<std::string> with_hosts(std::vector<std::string> command) const;
  void write_configuration(const lab_options& o, const harness::network& net) const;

  const harness::net_namespace& host_;
  bool discover_;
  std::string name_;
  bool witness_;
  std::string program_;
  std::filesystem::path directory_;
  bool stopped_ = false;
  std::optional<harness::small_disk> disk_;
  std::unique_ptr<harness::process> process_;
};

} // namespace monopod::lab
