// A cloud that goes away and comes back, with a consumer whose session it keeps, so that whatever
// is missing in the end was lost before it.
#pragma once

#include "tests/fault/cases.hpp"
#include "tools/harness/programs.hpp"
#include "tools/harness/servers.hpp"
#include "tools/load/camera_load.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace monopod::fault {

/// The results that a consumer with one result per key has in the end, compared with those that
/// cameras rely on.
struct delivery_account {
  std::uint64_t acked_lost = 0;
  std::uint64_t lost = 0;
  // Kept results of a frame (camera, application, stamp) that there is under another key, and
  // results of frames that no camera took.
  std::uint64_t twice_after_key = 0;
  std::uint64_t results = 0;        // kept
  std::uint64_t repeated = 0;       // came again with their key, as QoS 1 may
  std::vector<std::string> missing; // the first few of `lost`, for people

  delivery_account& operator+=(const delivery_account& other);
};

/// A result as the consumer wrote it down.
struct consumed_row {
  std::string camera;
  std::uint64_t stream = 0;
  std::uint64_t seq = 0;
  std::string app;
  std::uint64_t captured_at_ns = 0;
  std::uint64_t published_at_ns = 0; // by the pod
  std::uint64_t received_at_ns = 0;  // by the consumer
  bool kept = false;                 // else its key was there
};

/// A mosquitto with persistence on one port, and a monopod-collect at it.
class cloud {
public:
  /// `topic`: of the results that the consumer takes, and is to have.
  explicit cloud(const options& o, const std::string& topic = "monopod/+/results/+/+");

  std::uint16_t port() const { return port_; }
  /// Flags that send the pod's cloud NAME here.
  std::vector<std::string> flags(const std::string& name = "local") const;

  /// SIGTERM, which lets mosquitto write what it promised, until it has ended.
  void leave();
  void come_back();
  bool there() const { return broker_.has_value(); }

  /// Ends the consumer once nothing more comes, and judges: every frame of `cameras` owes one
  /// result of each of `apps`.
  delivery_account judge(const std::vector<camera_account>& cameras,
                         const std::vector<std::string>& apps);
  /// After judge().
  std::vector<consumed_row> rows() const;

private:
  std::uintmax_t csv_bytes() const;
  std::string broker_conf() const;
  void keep_evidence() const;

  std::filesystem::path kept_; // where evidence goes; empty: nowhere
  harness::temporary_directory directory_;
  std::uint16_t port_ = 0;
  std::optional<harness::mqtt_broker> broker_;
  std::optional<harness::collector_process> consumer_;
};

/// Adds what a consumer found to the case's sums.
void add(outcome& to, const delivery_account& account);
/// Adds the sums of the cameras' counts as figures, and refused or unacknowledged frames as broken
/// expectations.
void add(outcome& to, const std::vector<camera_account>& cameras);

/// Ends a case: waits until `nodes` (a pod or a group) have no result left for the cloud, expects
/// that each frame of `cameras` has one result of each of `apps`, and ends the nodes.
template <class Nodes>
void finish(outcome& result, cloud& there, Nodes& nodes, const std::vector<camera_account>& cameras,
            double drain_s = 10, const std::vector<std::string>& apps = {"emulator"}) {
  if (!nodes.drained(drain_s))
    result.expect(false, "results stay in the outbox: " + nodes.outbox());
  add(result, there.judge(cameras, apps));
  add(result, cameras);
  result.expect_delivered();
  nodes.stop(result);
}

} // namespace monopod::fault
