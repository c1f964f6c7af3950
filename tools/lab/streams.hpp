// Cameras that stream to a group, and the consumer behind its cloud: what arrives, and when.
#pragma once

#include "core/percentiles.hpp"
#include "tools/lab/consumer.hpp"
#include "tools/load/camera_load.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace monopod::lab {

struct streams_options {
  std::string servers; // for the cameras: all replicas' endpoints, separated by commas
  consumer_options cloud;
  std::vector<load_camera> cameras;
  std::function<void()> prepare_cameras; // called first on their thread
};

/// The effect of a fault on the streams: the largest pause of any camera, minus its frame period.
struct outage {
  double camera_ms = 0;   // between acknowledgements
  double consumer_ms = 0; // between fresh results
  double largest_ms() const { return std::max(camera_ms, consumer_ms); }
};

/// The consumer subscribes in the constructor; std::runtime_error if it can't. Single-threaded.
class streams {
public:
  explicit streams(const streams_options& o);

  /// Call it once.
  void start_cameras();
  /// Waits until each stream goes on after this call, with results if `results`, else with
  /// acknowledgements only. False after `timeout`.
  bool flow(bool results, std::chrono::milliseconds timeout);
  /// When each camera had its last acknowledgement and its last result, a line each.
  std::string describe();

  /// Forgets the pauses before this call.
  void reset_pauses();
  outage pauses() const;
  /// Waits until the consumer has the results of all acknowledged frames, ten seconds at most, and
  /// judges. Frames that a camera was told are lost (broker.ack = accepted) do not count as
  /// missing.
  delivery judge();
  std::vector<camera_account> accounts() const { return load_->accounts(); }
  /// The time from publication to acknowledgement of each frame acknowledged since the last call.
  samples take_round_trips_ms();
  /// The time from the camera's stamp to just before publication, for each result that arrived
  /// since the last call.
  samples take_publish_ms() { return consumer_.take_publish_ms(); }
  /// The number of results that the consumer kept.
  std::uint64_t results() const { return consumer_.results(); }

private:
  streams_options options_;
  std::vector<gap_meter> acknowledgements_;
  consumer consumer_;
  std::uint64_t told_lost_ = 0; // as of the last judge()
  std::mutex mutex_;
  samples round_trips_ms_; // under the mutex
  // The last member ends first, so that no object above is called back after its end.
  std::unique_ptr<camera_load> load_;
};

} // namespace monopod::lab
