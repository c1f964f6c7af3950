// Every metric of the system, by name, in one place. Names follow Prometheus' conventions
// (https://prometheus.io/docs/practices/naming/): base units, _total for counters.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace monopod {

/// Sections of a frame's way; label `stage` of monopod_stage_latency_seconds.
struct stage_latency {
  prometheus::Histogram& captured_to_gateway; // camera's stamp -> gateway's
  prometheus::Histogram& gateway_to_app;      // gateway's -> application took the frame
  prometheus::Histogram& app_service;         // took the frame -> detections
  prometheus::Histogram& app_to_commit;       // detections -> appended to the ledger
  prometheus::Histogram& commit_to_publish;   // appended -> just before publish, fsync included
};

/// Counters and histograms, created once and referenced from the stages: nothing is looked up on a
/// frame's way. Counters are atomic: any thread may count and read.
class metrics {
public:
  metrics();

  prometheus::Registry registry;

private:
  // Declared before the members that they make.
  prometheus::Family<prometheus::Counter>& frames_refused_family_;
  prometheus::Family<prometheus::Counter>& connections_refused_family_;
  prometheus::Family<prometheus::Counter>& results_refused_family_;
  prometheus::Family<prometheus::Counter>& camera_frames_family_;
  prometheus::Family<prometheus::Counter>& app_frames_family_;
  prometheus::Family<prometheus::Counter>& app_results_family_;
  prometheus::Family<prometheus::Counter>& app_skipped_family_;
  prometheus::Family<prometheus::Counter>& published_family_;
  prometheus::Family<prometheus::Counter>& confirmed_family_;
  prometheus::Family<prometheus::Counter>& reconnects_family_;
  prometheus::Family<prometheus::Counter>& unpublished_family_;
  prometheus::Family<prometheus::Gauge>& connected_family_;
  prometheus::Family<prometheus::Gauge>& outbox_family_;
  prometheus::Family<prometheus::Counter>& outbox_dropped_family_;
  prometheus::Family<prometheus::Gauge>& outbox_limit_family_;
  prometheus::Family<prometheus::Gauge>& outbox_level_family_;
  prometheus::Family<prometheus::Counter>& stage_restarts_family_;
  prometheus::Family<prometheus::Histogram>& latency_family_;
  prometheus::Family<prometheus::Histogram>& puback_family_;

public:
  prometheus::Counter& malformed_messages; // any link: not a valid message of its conversation
  prometheus::Counter& frames_duplicate;   // settled or in flight already
  prometheus::Counter& frames_dropped_by_camera;
  prometheus::Counter& frames_lost;         // acknowledged and not settled (ack `accepted`)
  prometheus::Counter& frames_unsubscribed; // no application wants the camera
  prometheus::Counter& replays_requested;   // a camera was asked to send again
  prometheus::Gauge& frames_in_flight;
  prometheus::Gauge& frames_in_ledger; // acknowledged and not finished (ack `replicated`)
  prometheus::Gauge& cameras;
  prometheus::Gauge& epoch;
  prometheus::Counter& ledger_ops;
  prometheus::Counter& ledger_write_errors; // a transaction failed and is repeated
  prometheus::Histogram& ledger_write;      // one transaction to disk, with its fsync
  prometheus::Counter& state_write_errors;  // a save of the node's votes failed and is repeated
  prometheus::Histogram& state_write;       // one save of them, with its fsync
  stage_latency latency;
  prometheus::Histogram&
      end_to_end; // camera's stamp -> just before publish, as the thesis measures it

  /// Series with labels; call once and keep the reference. `reason` must be one of a fixed set of
  /// words.
  prometheus::Counter& frames_refused(std::string_view reason);
  prometheus::Counter& results_refused(std::string_view reason);
  /// For link_options::refused; it lives as long as this does.
  std::function<void(std::string_view reason)> connections_refused(const std::string& link);
  prometheus::Counter& camera_frames(const std::string& camera);
  void forget_camera(prometheus::Counter& frames) { camera_frames_family_.Remove(&frames); }
  prometheus::Counter& app_frames(const std::string& app);
  prometheus::Counter& app_results(const std::string& app);
  prometheus::Counter& app_skipped(const std::string& app, std::string_view reason);
  prometheus::Counter& published(const std::string& cloud);
  prometheus::Counter& confirmed(const std::string& cloud);
  prometheus::Counter& reconnects(const std::string& cloud);
  prometheus::Counter&
  unpublished(const std::string& cloud); // results that no cloud message can be made of
  prometheus::Gauge& connected(const std::string& cloud);
  prometheus::Gauge& outbox(const std::string& cloud);
  prometheus::Counter& outbox_dropped(const std::string& cloud);
  prometheus::Gauge& outbox_limit(const std::string& cloud);
  prometheus::Gauge& outbox_level(const std::string& cloud); // outbox_alarm.hpp
  prometheus::Counter& stage_restarts(const std::string& stage);
  prometheus::Histogram& publish_to_puback(const std::string& cloud);
};

/// Seconds between two stamps, for Observe(); 0 where clocks disagree about the order.
inline double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? static_cast<double>(to_ns - from_ns) * 1e-9 : 0.0;
}

/// Adds process_cpu_seconds_total, process_resident_memory_bytes and their like, read when scraped
/// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
std::shared_ptr<prometheus::Collectable> make_process_metrics();

} // namespace monopod
