// The consumer of the laboratory: it keeps one result for each key, and notes when each arrived.
#pragma once

#include "core/percentiles.hpp"
#include "core/sequence_set.hpp"
#include "schemas/result_generated.h"
#include "tools/lab/gap_meter.hpp"
#include "tools/load/camera_load.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

namespace monopod::lab {

/// Results that the consumer misses, and results that it got too often.
struct delivery {
  std::uint64_t acked_lost = 0;      // acknowledged frames without each application's result
  std::uint64_t results_lost = 0;    // results of acknowledged frames
  std::uint64_t twice_on_wire = 0;   // results that arrived again with their key
  std::uint64_t twice_after_key = 0; // results kept although another key has their frame
};

struct consumer_options {
  std::string host = "127.0.0.1"; // of the broker
  std::uint16_t port = 1883;
  std::vector<std::string> apps{"emulator"}; // each owes a result of every frame
  std::function<void()> prepare = {};        // called first on the consumer's thread
};

/// Subscribes on a thread of its own, with a session that the broker keeps until the consumer
/// ends.
class consumer {
public:
  /// `cameras` are those whose pauses are measured.
  consumer(const consumer_options& o, const std::vector<load_camera>& cameras);
  ~consumer();
  consumer(const consumer&) = delete;
  consumer& operator=(const consumer&) = delete;

  bool subscribed() const { return subscribed_; }
  /// The number of results kept: one for each key.
  std::uint64_t results() const { return results_; }
  /// Pauses between fresh results of a camera, that is, results that were kept.
  gap_meter& pauses(std::size_t camera) { return pauses_[camera]; }
  const gap_meter& pauses(std::size_t camera) const { return pauses_[camera]; }
  /// The time from the camera's stamp to just before publication, for each result kept since the
  /// last call.
  samples take_publish_ms();
  /// Whether every acknowledged frame has its results. std::runtime_error if the subscription
  /// failed.
  bool has_all(const std::vector<camera_account>& cameras) const;
  /// Results that arrived twice since the last call, and results that are missing. Each is counted
  /// once, so call this when has_all() is true or has had its time.
  delivery judge(const std::vector<camera_account>& cameras);

private:
  struct series {
    sequence_set seen;
    std::unordered_set<std::uint64_t> stamps;
    std::uint64_t judged = 0; // frames up to here were judged
  };
  void run();
  void take(const wire::Result& result);

  consumer_options options_;
  std::map<std::string, std::size_t, std::less<>> places_; // camera -> index
  std::vector<gap_meter> pauses_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, series> series_; // (camera, app); under the mutex
  delivery counted_;   // since the last judge(); under the mutex
  samples publish_ms_; // under the mutex
  std::string failed_; // why it ended; under the mutex
  std::atomic<std::uint64_t> results_ = 0;
  std::atomic<bool> subscribed_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace monopod::lab
