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

/// Streams from the constructor on, or, if the options let the cameras rest at first, from
/// streams().start_cameras() on. Ends all that it started. Single-threaded. Throws
/// std::runtime_error if something does not start, or if a signal asked to end.
class laboratory {
public:
  explicit laboratory(const lab_options& o);

  const lab_options& options() const { return options_; }
  harness::network& net() { return net_; }
  std::vector<std::unique_ptr<member>>& members() { return members_; }
  member& at(const std::string& name);
  /// The node that takes frames in; std::runtime_error if none does within ten seconds.
  member& primary();
  /// A replica that is not the primary.
  member& backup();

  /// Waits until all members run, one is the primary and the others are in sync. False after
  /// `timeout`, or if a member ended: it is not started again here.
  bool whole(std::chrono::milliseconds timeout);
  /// Waits until a replica other than `old` serves; std::runtime_error if none does.
  void taken_over_from(const member& old);
  /// Waits until each stream goes on after this call, with results if `results`, else with
  /// acknowledgements only.
  void flows(bool results = true);
  /// The epoch of the primary.
  std::uint64_t epoch();

  void stop_cloud();
  void start_cloud();

  lab::streams& streams() { return *streams_; }
  const lab::streams& streams() const { return *streams_; }
  /// Further cameras, which no figure includes, for as long as the returned object lives.
  std::unique_ptr<camera_load> more_cameras(const std::vector<load_camera>& cameras);
  /// A description for people: each node's state, and the ends of the logs if something is wrong.
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
