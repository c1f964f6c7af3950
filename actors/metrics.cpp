#include "actors/metrics.hpp"

#include "core/version.hpp"

#include <array>
#include <cmath>

namespace monopod {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;

Family<Counter>& counters(Registry& r, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(r);
}
Family<Gauge>& gauges(Registry& r, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(r);
}
Family<Histogram>& histograms(Registry& r, const char* name, const char* help) {
  return BuildHistogram().Name(name).Help(help).Register(r);
}

// 25 us to about 13 s, doubling: from one hop on a quiet machine to the worst that the thesis saw.
Histogram::BucketBoundaries latency_buckets() {
  Histogram::BucketBoundaries b;
  for (int i = 0; i < 20; ++i)
    b.push_back(25e-6 * std::exp2(i));
  return b;
}

Histogram& section(Family<Histogram>& family, const char* stage) {
  return family.Add({{"stage", stage}}, latency_buckets());
}

// Those without labels.
Histogram& histogram(Registry& r, const char* name, const char* help) {
  return histograms(r, name, help).Add({}, latency_buckets());
}
Gauge& gauge(Registry& r, const char* name, const char* help) {
  return gauges(r, name, help).Add({});
}
Counter& counter(Registry& r, const char* name, const char* help) {
  return counters(r, name, help).Add({});
}

void add_build_info(Registry& r) {
  gauges(r, "monopod_build_info", "1; the labels tell version and commit")
      .Add({{"version", version}, {"commit", commit}})
      .Set(1);
}

} // namespace

metrics::metrics()
    : frames_refused_family_(counters(registry, "monopod_frames_refused_total",
                                      "Frames and camera messages refused, by reason")),
      connections_refused_family_(counters(registry, "monopod_connections_refused_total",
                                           "Connections refused, by link and reason")),
      results_refused_family_(counters(registry, "monopod_results_refused_total",
                                       "Application messages refused, by reason")),
      camera_frames_family_(
          counters(registry, "monopod_camera_frames_total", "Frames accepted from the camera")),
      app_frames_family_(
          counters(registry, "monopod_app_frames_total", "Frames delivered to the application")),
      app_results_family_(
          counters(registry, "monopod_app_results_total", "Results accepted from the application")),
      app_skipped_family_(counters(registry, "monopod_app_frames_skipped_total",
                                   "Frames that the application did not get, by reason")),
      published_family_(
          counters(registry, "monopod_cloud_published_total", "Results handed to MQTT")),
      confirmed_family_(
          counters(registry, "monopod_cloud_confirmed_total", "Results that the cloud confirmed")),
      reconnects_family_(counters(registry, "monopod_cloud_connection_attempts_total",
                                  "Attempts to connect to the cloud")),
      unpublished_family_(counters(registry, "monopod_cloud_unpublishable_total",
                                   "Results that could not be turned into a message")),
      connected_family_(
          gauges(registry, "monopod_cloud_connected", "1 while the cloud is connected")),
      outbox_family_(gauges(registry, "monopod_outbox_entries", "Results that are unconfirmed")),
      outbox_dropped_family_(counters(registry, "monopod_outbox_dropped_total",
                                      "Results dropped unconfirmed at the outbox limit")),
      outbox_limit_family_(
          gauges(registry, "monopod_outbox_limit_entries", "Results that may wait")),
      outbox_level_family_(gauges(registry, "monopod_outbox_level",
                                  "0: ok, 1: nearly full, 2: results are dropped")),
      stage_restarts_family_(counters(registry, "monopod_stage_restarts_total",
                                      "Times that the stage failed and was started again")),
      latency_family_(
          histograms(registry, "monopod_stage_latency_seconds", "Sections of a frame's way")),
      puback_family_(histograms(registry, "monopod_publish_to_puback_seconds",
                                "Publish to the cloud's confirmation")),
      malformed_messages(counter(registry, "monopod_malformed_messages_total",
                                 "Messages on any link that are not valid in their conversation")),
      frames_duplicate(counter(registry, "monopod_frames_duplicate_total",
                               "Frames that were settled or in flight already")),
      frames_dropped_by_camera(counter(registry, "monopod_frames_dropped_by_camera_total",
                                       "Frames that cameras say they dropped themselves")),
      frames_lost(counter(registry, "monopod_frames_lost_total",
                          "Acknowledged frames lost with a node's memory (ack accepted)")),
      frames_unsubscribed(counter(registry, "monopod_frames_unsubscribed_total",
                                  "Frames that no application subscribes to")),
      replays_requested(counter(registry, "monopod_replays_requested_total", "Replays asked for")),
      frames_in_flight(gauge(registry, "monopod_frames_in_flight", "Frames not yet settled")),
      frames_in_ledger(gauge(registry, "monopod_frames_in_ledger", "Acknowledged, not settled")),
      cameras(gauge(registry, "monopod_cameras", "Cameras open at the gateway")),
      epoch(gauge(registry, "monopod_epoch", "Current epoch")),
      ledger_ops(counter(registry, "monopod_ledger_ops_total", "Operations applied to the ledger")),
      ledger_write_errors(counter(registry, "monopod_ledger_write_errors_total",
                                  "Transactions that failed and were repeated")),
      ledger_write(histogram(registry, "monopod_ledger_write_seconds",
                             "Time of one transaction to disk, with its fsync")),
      state_write_errors(counter(registry, "monopod_state_write_errors_total",
                                 "Saves of the node's votes that failed and were repeated")),
      state_write(histogram(registry, "monopod_state_write_seconds", "Save of the node's votes")),
      latency{section(latency_family_, "captured_to_gateway"),
              section(latency_family_, "gateway_to_app"), section(latency_family_, "app_service"),
              section(latency_family_, "app_to_commit"),
              section(latency_family_, "commit_to_publish")},
      end_to_end(histogram(registry, "monopod_end_to_end_latency_seconds",
                           "Camera's stamp to the stamp just before publish")) {
  add_build_info(registry);
}

Counter& metrics::frames_refused(std::string_view reason) {
  return frames_refused_family_.Add({{"reason", std::string(reason)}});
}
Counter& metrics::results_refused(std::string_view reason) {
  return results_refused_family_.Add({{"reason", std::string(reason)}});
}
std::function<void(std::string_view)> metrics::connections_refused(const std::string& link) {
  return [this, link](std::string_view reason) {
    connections_refused_family_.Add({{"link", link}, {"reason", std::string(reason)}}).Increment();
  };
}
Counter& metrics::camera_frames(const std::string& camera) {
  return camera_frames_family_.Add({{"camera", camera}});
}
Counter& metrics::app_frames(const std::string& app) {
  return app_frames_family_.Add({{"app", app}});
}
Counter& metrics::app_results(const std::string& app) {
  return app_results_family_.Add({{"app", app}});
}
Counter& metrics::app_skipped(const std::string& app, std::string_view reason) {
  return app_skipped_family_.Add({{"app", app}, {"reason", std::string(reason)}});
}
Counter& metrics::published(const std::string& cloud) {
  return published_family_.Add({{"cloud", cloud}});
}
Counter& metrics::confirmed(const std::string& cloud) {
  return confirmed_family_.Add({{"cloud", cloud}});
}
Counter& metrics::reconnects(const std::string& cloud) {
  return reconnects_family_.Add({{"cloud", cloud}});
}
Counter& metrics::unpublished(const std::string& cloud) {
  return unpublished_family_.Add({{"cloud", cloud}});
}
Gauge& metrics::connected(const std::string& cloud) {
  return connected_family_.Add({{"cloud", cloud}});
}
Gauge& metrics::outbox(const std::string& cloud) { return outbox_family_.Add({{"cloud", cloud}}); }
Counter& metrics::outbox_dropped(const std::string& cloud) {
  return outbox_dropped_family_.Add({{"cloud", cloud}});
}
Gauge& metrics::outbox_limit(const std::string& cloud) {
  return outbox_limit_family_.Add({{"cloud", cloud}});
}
Gauge& metrics::outbox_level(const std::string& cloud) {
  return outbox_level_family_.Add({{"cloud", cloud}});
}
Counter& metrics::stage_restarts(const std::string& stage) {
  return stage_restarts_family_.Add({{"stage", stage}});
}
Histogram& metrics::publish_to_puback(const std::string& cloud) {
  return puback_family_.Add({{"cloud", cloud}}, latency_buckets());
}

} // namespace monopod
