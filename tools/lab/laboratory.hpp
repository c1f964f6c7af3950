// The whole laboratory: nodes, a cloud with its consumer, and cameras.
#pragma once

#include "tools/harness/servers.hpp"
#include "tools/lab/member.hpp"
#include "tools/lab/options.hpp"
#include "tools/lab/streams.hpp"
#include "tools/load/camera_load.hpp"
#include "tools/network/network.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod::lab {

/// Streams from the constructor on, or from streams().start_cameras() where the options let the
/// cameras rest at first; ends all that it started.
/// Single-threaded. Throws std::runtime_error where something does not start, or where a signal
/// asked to end.
class laboratory {
public:
  explicit laboratory(const lab_options& o);

  const lab_options& options() const { return options_; }
  harness::network& net() { return net_; }
  std::vector<std::unique_ptr<member>>& members() { return members_; }
  member& at(const std::string& name);
  /// The node that takes frames in; std::runtime_error where none does within ten seconds.
  member& primary();
  /// A replica that is not the primary.
  member& backup();

  /// Waits until all members run, one is the primary and the others are in sync; false after
  /// `timeout`, or where one ended, which is not started again here.
  bool whole(std::chrono::milliseconds timeout);
  /// Waits until another replica than `old` serves; std::runtime_error where none does.
  void taken_over_from(const member& old);
  /// Waits until each stream went on after this call: `results` too, or only acknowledgements.
  void flows(bool results = true);
  /// The epoch of the primary.
  std::uint64_t epoch();

  void stop_cloud();
  void start_cloud();

  lab::streams& streams() { return *streams_; }
  const lab::streams& streams() const { return *streams_; }
  /// Cameras besides, which count for nothing, for as long as it lives.
  std::unique_ptr<camera_load> more_cameras(const std::vector<load_camera>& cameras);
  /// For people: who is what, and the ends of the logs where something is wrong.
  std::string describe();

private:
  bool in_order();
  std::string endpoints(std::uint16_t port) const;

  lab_options options_;
  harness::network net_;
  std::vector<std::unique_ptr<member>> members_;
  std::optional<harness::mqtt_broker> broker_;
  std::unique_ptr<lab::streams> streams_;
};

} // namespace monopod::lab
