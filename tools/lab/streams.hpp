// Cameras at a group and the consumer behind its cloud: what the outside gets, and when.
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
  std::string servers; // of the cameras: all replicas' endpoints, with commas between
  consumer_options cloud;
  std::vector<load_camera> cameras;
  std::function<void()> prepare_cameras; // first thing on their thread
};

/// What a fault did to the streams: the largest pause of any camera's, minus its frame period.
struct outage {
  double camera_ms = 0;   // between acknowledgements
  double consumer_ms = 0; // between fresh results
  double largest_ms() const { return std::max(camera_ms, consumer_ms); }
};

/// The consumer subscribes in the constructor; std::runtime_error where it can't. Single-threaded.
class streams {
public:
  explicit streams(const streams_options& o);

  /// Once.
  void start_cameras();
  /// Waits until each stream went on after this call: `results` too, or only acknowledgements.
  /// False after `timeout`.
  bool flow(bool results, std::chrono::milliseconds timeout);

  /// Pauses count from now on.
  void reset_pauses();
  outage pauses() const;
  /// Waits until the consumer has what was acknowledged, ten seconds at most, and judges. What a
  /// camera was told is lost (broker.ack = accepted) is not missed.
  delivery judge();
  std::vector<camera_account> accounts() const { return load_->accounts(); }
  /// Publication to acknowledgement of each frame that was acknowledged since the last call.
  samples take_round_trips_ms();
  /// Of the results that came since the last call: the camera's stamp to just before publication.
  samples take_publish_ms() { return consumer_.take_publish_ms(); }
  /// Results that the consumer kept.
  std::uint64_t results() const { return consumer_.results(); }

private:
  streams_options options_;
  std::vector<gap_meter> acknowledgements_;
  consumer consumer_;
  std::uint64_t told_lost_ = 0; // until the last judge()
  std::mutex mutex_;
  samples round_trips_ms_; // under the mutex
  // Last: it ends first, and nobody is left who waits for an acknowledgement.
  std::unique_ptr<camera_load> load_;
};

} // namespace monopod::lab
