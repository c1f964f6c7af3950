// The whole laboratory: nodes, a cloud with its consumer, and cameras.
#pragma once

#include "core/percentiles.hpp"
#include "tools/harness/servers.hpp"
#include "tools/lab/consumer.hpp"
#include "tools/lab/member.hpp"
#include "tools/lab/network.hpp"
#include "tools/lab/options.hpp"
#include "tools/load/camera_load.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace monopod::lab {

/// What a fault did to the streams: the largest pause of any camera's, minus its frame period.
struct outage {
  double camera_ms = 0;   // between acknowledgements
  double consumer_ms = 0; // between fresh results
};

/// Streams from the constructor on, or from start_cameras(); ends all that it started.
/// Single-threaded. Throws std::runtime_error where something does not start, or where a signal
/// asked to end.
class laboratory {
public:
  explicit laboratory(const lab_options& o);
  ~laboratory();
  laboratory(const laboratory&) = delete;
  laboratory& operator=(const laboratory&) = delete;

  const lab_options& options() const { return options_; }
  network& net() { return net_; }
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

  /// Once, where the options let the cameras rest at first.
  void start_cameras();

  void stop_cloud();
  void start_cloud();

  /// Pauses count from now on.
  void reset_pauses();
  outage pauses() const;
  /// Waits until the consumer has what was acknowledged, ten seconds at most, and judges. What a
  /// camera was told is lost (broker.ack = accepted) is not missed.
  delivery judge();
  std::vector<camera_account> accounts() const { return load_->accounts(); }
  /// Publication to acknowledgement of each frame that was acknowledged since the last call.
  samples take_round_trips_ms();
  /// Cameras besides, which count for nothing, for as long as it lives.
  std::unique_ptr<camera_load> more_cameras(const std::vector<load_camera>& cameras);
  /// Results that the consumer kept.
  std::uint64_t results() const { return consumer_->results(); }

  /// Of the results that came since the last call: the camera's stamp to just before publication.
  samples take_publish_ms() { return consumer_->take_publish_ms(); }

  /// For people: who is what, and the ends of the logs where something is wrong.
  std::string describe();

  /// Sleeps; std::runtime_error where a signal asked to end.
  static void rest(int ms);

private:
  bool in_order();
  std::string endpoints(std::uint16_t port) const;

  lab_options options_;
  std::vector<load_camera> cameras_;
  network net_;
  std::vector<std::unique_ptr<member>> members_;
  std::optional<harness::mqtt_broker> broker_;
  std::vector<gap_meter> acknowledgements_;
  std::unique_ptr<consumer> consumer_;
  std::uint64_t told_lost_ = 0; // until the last judge()
  std::mutex mutex_;
  samples round_trips_ms_; // under the mutex
  std::unique_ptr<camera_load> load_;
};

} // namespace monopod::lab
