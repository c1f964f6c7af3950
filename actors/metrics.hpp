// The metrics of the stages, by name; a group's are in actors/group/group_metrics.hpp, those of
// loops and of the process are read when they are scraped (actors/platform). Names follow
// Prometheus' conventions (https://prometheus.io/docs/practices/naming/): base units, _total for
// counters.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace monopod {

/// 25 us to about 13 s, doubling: from one hop on a quiet machine to the worst that the thesis saw.
inline prometheus::Histogram::BucketBoundaries latency_buckets() {
  prometheus::Histogram::BucketBoundaries b;
  for (int i = 0; i < 20; ++i)
    b.push_back(25e-6 * std::exp2(i));
  return b;
}

/// Metrics of one name that differ in their labels' values. Histograms have latency_buckets(). The
/// registry outlives it. Any thread.
template <class Metric, std::size_t Labels = 1>
class labelled {
public:
  template <std::convertible_to<const char*>... Names>
  requires(sizeof...(Names) == Labels)
      labelled(prometheus::Registry& r, const char* name, const char* help, Names... labels)
      : family_(builder().Name(name).Help(help).Register(r)), labels_{labels...} {}

  /// The metric with these values, made by the first call: it looks them up, so call once and keep
  /// the reference, which lives as long as the registry. A value must be one of a bounded set.
  template <std::convertible_to<std::string_view>... Values>
  requires(sizeof...(Values) == Labels) Metric& operator()(const Values&... values) {
    prometheus::Labels all;
    [[maybe_unused]] std::size_t i = 0;
    (all.emplace(labels_[i++], std::string_view(values)), ...);
    if constexpr (std::same_as<Metric, prometheus::Histogram>)
      return family_.Add(all, latency_buckets());
    else
      return family_.Add(all);
  }

  /// No one may use the reference afterwards.
  void remove(Metric& m) { family_.Remove(&m); }

private:
  static auto builder() {
    if constexpr (std::same_as<Metric, prometheus::Counter>)
      return prometheus::BuildCounter();
    else if constexpr (std::same_as<Metric, prometheus::Gauge>)
      return prometheus::BuildGauge();
    else
      return prometheus::BuildHistogram();
  }

  prometheus::Family<Metric>& family_;
  std::array<const char*, Labels> labels_;
};

/// Metrics without labels; they live as long as the registry.
inline prometheus::Counter& counter(prometheus::Registry& r, const char* name, const char* help) {
  return labelled<prometheus::Counter, 0>(r, name, help)();
}
inline prometheus::Gauge& gauge(prometheus::Registry& r, const char* name, const char* help) {
  return labelled<prometheus::Gauge, 0>(r, name, help)();
}
inline prometheus::Histogram& histogram(prometheus::Registry& r, const char* name,
                                        const char* help) {
  return labelled<prometheus::Histogram, 0>(r, name, help)();
}

/// Sections of a frame's way; label `stage` of monopod_stage_latency_seconds.
struct stage_latency {
  using Histogram = prometheus::Histogram;

  explicit stage_latency(prometheus::Registry& registry)
      : section(registry, "monopod_stage_latency_seconds", "Sections of a frame's way", "stage") {}

  labelled<Histogram> section;
  // The camera's stamp -> the gateway's.
  Histogram& captured_to_gateway = section("captured_to_gateway");
  // The gateway's stamp -> the application took the frame.
  Histogram& gateway_to_app = section("gateway_to_app");
  // Took the frame -> detections.
  Histogram& app_service = section("app_service");
  // Detections -> appended to the ledger.
  Histogram& app_to_commit = section("app_to_commit");
  // Appended -> just before publish, fsync included.
  Histogram& commit_to_publish = section("commit_to_publish");
};

/// Counters and histograms, created once and referenced from the stages: nothing is looked up on a
/// frame's way. Counters are atomic: any thread may count and read.
class metrics {
  using Counter = prometheus::Counter;
  using Gauge = prometheus::Gauge;
  using Histogram = prometheus::Histogram;

public:
  metrics();

  prometheus::Registry registry; // before all that it holds

  labelled<Gauge, 2> build_info{registry, "monopod_build_info",
                                "1; the labels tell version and commit", "version", "commit"};

  // Cameras and their frames.
  Gauge& cameras = gauge(registry, "monopod_cameras", "Cameras open at the gateway");
  Gauge& frames_in_flight = gauge(registry, "monopod_frames_in_flight", "Frames not yet settled");
  // With acknowledgement `replicated`.
  Gauge& frames_in_ledger =
      gauge(registry, "monopod_frames_in_ledger", "Acknowledged, not settled");
  labelled<Counter> camera_frames{
      registry, "monopod_camera_frames_total",
      "Frames accepted from the camera, with those sent again after a break", "camera"};
  labelled<Counter> frames_refused{registry, "monopod_frames_refused_total",
                                   "Frames and camera messages refused, by reason", "reason"};
  Counter& frames_duplicate = counter(registry, "monopod_frames_duplicate_total",
                                      "Frames that were settled or in flight already");
  Counter& frames_dropped_by_camera = counter(registry, "monopod_frames_dropped_by_camera_total",
                                              "Frames that cameras say they dropped themselves");
  Counter& frames_lost = counter(registry, "monopod_frames_lost_total",
                                 "Acknowledged frames lost with a node's memory (ack accepted)");
  Counter& frames_given_up =
      counter(registry, "monopod_frames_given_up_total",
              "Frames of cameras that left unacknowledged, given up because there were too many");
  Counter& frames_unsubscribed = counter(registry, "monopod_frames_unsubscribed_total",
                                         "Frames that no application subscribes to");
  Counter& replays_requested =
      counter(registry, "monopod_replays_requested_total", "Replays asked for");

  // Applications.
  labelled<Counter> app_frames{registry, "monopod_app_frames_total",
                               "Frames delivered to the application", "app"};
  labelled<Counter> app_results{registry, "monopod_app_results_total",
                                "Results accepted from the application", "app"};
  labelled<Counter, 2> app_skipped{registry, "monopod_app_frames_skipped_total",
                                   "Frames that the application did not get, by reason", "app",
                                   "reason"};
  Counter& app_frames_given_up =
      counter(registry, "monopod_app_frames_given_up_total",
              "Frames without a result, since the application that owed them was forgotten");
  labelled<Counter> vision_failures{
      registry, "monopod_vision_failures_total",
      "Frames that a plug-in could not look at, which are answered without detections", "app"};
  labelled<Counter> results_refused{registry, "monopod_results_refused_total",
                                    "Application messages refused, by reason", "reason"};

  // Links and stages.
  labelled<Counter, 2> connections_refused{registry, "monopod_connections_refused_total",
                                           "Connections refused, by link and reason", "link",
                                           "reason"};
  Counter& malformed_messages =
      counter(registry, "monopod_malformed_messages_total",
              "Messages on any link that are not valid in their conversation");
  labelled<Counter> http_dropped{registry, "monopod_http_connections_dropped_total",
                                 "HTTP connections closed before their answer had left, by reason",
                                 "reason"};
  labelled<Counter> stage_restarts{registry, "monopod_stage_restarts_total",
                                   "Times that the stage failed and was started again", "stage"};
  Gauge& epoch = gauge(registry, "monopod_epoch", "Current epoch");

  // The ledger and other state of the node.
  Gauge& ledger_cameras =
      gauge(registry, "monopod_ledger_cameras", "Cameras that the ledger remembers");
  Counter& ledger_ops =
      counter(registry, "monopod_ledger_ops_total", "Operations applied to the ledger");
  Counter& ledger_write_errors = counter(registry, "monopod_ledger_write_errors_total",
                                         "Transactions that failed and were repeated");
  Histogram& ledger_write = histogram(registry, "monopod_ledger_write_seconds",
                                      "Time of one transaction to disk, with its fsync");
  Counter& state_write_errors = counter(registry, "monopod_state_write_errors_total",
                                        "Saves of the node's votes that failed and were repeated");
  Histogram& state_write =
      histogram(registry, "monopod_state_write_seconds", "Save of the node's votes");
  labelled<Gauge> outbox{registry, "monopod_outbox_entries", "Results that are unconfirmed",
                         "cloud"};
  labelled<Gauge> outbox_limit{registry, "monopod_outbox_limit_entries", "Results that may wait",
                               "cloud"};
  labelled<Gauge> outbox_level{registry, "monopod_outbox_level",
                               "0: ok, 1: nearly full, 2: results are dropped", "cloud"};
  labelled<Counter> outbox_dropped{registry, "monopod_outbox_dropped_total",
                                   "Results dropped unconfirmed at the outbox limit", "cloud"};

  // Clouds.
  labelled<Gauge> connected{registry, "monopod_cloud_connected", "1 while the cloud is connected",
                            "cloud"};
  labelled<Counter> reconnects{registry, "monopod_cloud_connection_attempts_total",
                               "Attempts to connect to the cloud", "cloud"};
  labelled<Counter> published_events{registry, "monopod_cloud_events_published_total",
                                     "Events of zones handed to MQTT", "cloud"};
  labelled<Counter> published{registry, "monopod_cloud_published_total", "Results handed to MQTT",
                              "cloud"};
  labelled<Counter> confirmed{registry, "monopod_cloud_confirmed_total",
                              "Results that the cloud confirmed", "cloud"};
  labelled<Counter> unpublished{registry, "monopod_cloud_unpublishable_total",
                                "Results that could not be turned into a message", "cloud"};
  labelled<Histogram> publish_to_puback{registry, "monopod_publish_to_puback_seconds",
                                        "Publish to the cloud's confirmation", "cloud"};
  // These exist only for clouds that publish pictures.
  labelled<Gauge> pictures_waiting{registry, "monopod_cloud_pictures_waiting",
                                   "Pictures that the cloud has not confirmed", "cloud"};
  labelled<Gauge> picture_bytes{registry, "monopod_cloud_pictures_waiting_bytes",
                                "Memory of those pictures", "cloud"};
  labelled<Counter> pictures_published{registry, "monopod_cloud_pictures_published_total",
                                       "Pictures handed to MQTT", "cloud"};
  labelled<Counter, 2> pictures_dropped{registry, "monopod_cloud_pictures_dropped_total",
                                        "Pictures that the cloud does not get, by reason", "cloud",
                                        "reason"};

  // A frame's way.
  stage_latency latency{registry};
  // As the thesis measures it.
  Histogram& end_to_end = histogram(registry, "monopod_end_to_end_latency_seconds",
                                    "Camera's stamp to the stamp just before publish");
};

/// Seconds between two stamps, for Observe(); 0 if the clocks disagree about the order.
inline double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? static_cast<double>(to_ns - from_ns) * 1e-9 : 0.0;
}

/// Adds process_cpu_seconds_total, process_resident_memory_bytes and their like, read when scraped
/// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
std::shared_ptr<prometheus::Collectable> make_process_metrics();

} // namespace monopod
