#include "tools/control/vision.hpp"

#include "actors/cloud/result_json.hpp"
#include "actors/vision/emulated_work.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "schemas/codec.hpp"
#include "schemas/ledger_generated.h"
#include "tools/control/stop_signals.hpp"

#include <chrono>
#include <csignal>
#include <ctime>
#include <span>
#include <unistd.h>
#include <utility>

namespace monopod::control {

namespace {

// The most results that wait while the gateway is away: as many as a pod's outbox holds by
// default. The oldest make room, which is counted and logged.
constexpr std::size_t unsent_results = 10'000;

constexpr auto patience_at_end = std::chrono::milliseconds(500);

void wait_ns(std::uint64_t ns) {
  timespec left{static_cast<time_t>(ns / ns_per_s), static_cast<long>(ns % ns_per_s)};
  nanosleep(&left, nullptr);
}

} // namespace

vision::vision(const vision_options& o)
    : options_(o), emulator_(o.work), awaited_(o.cameras.size()),
      stub_(VEIv1_0::VEIv1_0::NewStub(connect_to(o.gateway, o.liveness))) {
  open_results();
  for (const auto& camera : o.cameras)
    subscriptions_.push_back(
        std::make_unique<image_subscription>(*stub_, queue_.queue(), camera, handlers_of(camera)));
  metrics_ = std::make_unique<metrics_endpoint>(
      o.metrics,
      std::vector<read_counter>{
          {"monopod_control_frames_total", "Frames served", [this] { return frames_.load(); }},
          {"monopod_control_malformed_total", "Frames whose timestamp says nothing",
           [this] { return malformed_.load(); }},
          {"monopod_control_results_dropped_total", "Results that the gateway did not get",
           [this] { return results_ != nullptr ? results_->stats().dropped : 0; }}});
}

void vision::open_results() {
  if (options_.call_per_frame)
    calls_ = std::make_unique<waiting_calls>(*stub_);
  else
    results_ = std::make_unique<outgoing_stream<VEIv1_0::PubCloudParams>>(
        queue_.queue(), "results", unsent_results,
        [this](auto* context, auto* reply, auto* queue, void* tag) {
          return stub_->AsyncPublishToCloud(context, reply, queue, tag);
        });
}

image_subscription::handlers vision::handlers_of(const std::string& camera) {
  image_subscription::handlers h{
      .take = [this, camera](const VEIv1_0::ImageData& image) { serve(camera, image); },
      .subscribed = [this] { subscribed(); }};
  if (options_.call_per_frame)
    h.ended = [this](const grpc::Status& status) { fail(status); };
  return h;
}

vision::~vision() {
  stopping_ = true;
  for (auto& s : subscriptions_)
    s->stop();
  if (calls_ != nullptr)
    calls_->cancel();
  subscriptions_.clear();
  if (results_ != nullptr && !results_->finish(patience_at_end))
    log_warn("vision", "the gateway did not take all results");
  metrics_.reset(); // it reads the stream of results
  results_.reset();
}

void vision::subscribed() {
  if (awaited_ > 0 && --awaited_ == 0)
    log_info("vision", "ready", {{"cameras", options_.cameras.size()}});
}

void vision::serve(const std::string& camera, const VEIv1_0::ImageData& image) {
  const auto started_at_ns = realtime_ns();
  const auto frame = parse_stamp(image.timestamp());
  if (!frame) {
    ++malformed_;
    return;
  }
  if (options_.work.decode)
    decode_jpeg(std::as_bytes(std::span(image.image())), pixels_);
  const auto service_ns = emulator_.service_time_ns();
  if (options_.work.work == service_kind::cpu)
    burn_cpu(service_ns);
  else if (service_ns > 0)
    wait_ns(service_ns);
  VEIv1_0::PubCloudParams result;
  result.set_analyticsname(camera + "/" + options_.app);
  result.set_timestamp(image.timestamp());
  *result.add_analyticaloutput() = detect(camera, *frame, started_at_ns);
  publish(std::move(result));
  ++frames_;
}

void vision::publish(VEIv1_0::PubCloudParams result) {
  if (results_ != nullptr)
    results_->push(std::move(result));
  else if (const auto status = calls_->send(result); !status.ok())
    fail(status);
}

// As the original's clients, which end when a call fails, and which others start again.
void vision::fail(const grpc::Status& status) {
  if (stopping_ || failed_.exchange(true))
    return;
  log_error("vision", "a call failed: the application ends (--call-per-frame)",
            {{"reason", status.error_message()}});
  kill(getpid(), SIGTERM); // wakes the main thread, which waits for it
}

// Writes the result as Monopod's cloud stage would; the gateway adds its stamp.
std::string vision::detect(const std::string& camera, const frame_stamp& frame,
                           std::uint64_t started_at_ns) {
  const auto finished_at_ns = realtime_ns();
  builder_.Clear();
  const auto inference = emulator_.answer(
      builder_, finished_at_ns > started_at_ns ? finished_at_ns - started_at_ns : 0);
  const auto name = builder_.CreateString(camera);
  const auto app = builder_.CreateString(options_.app);
  builder_.Finish(wire::CreateFinished(builder_, name, frame.stream, frame.seq, app, frame.seq,
                                       frame.captured_at_ns, 0, started_at_ns, finished_at_ns, 0,
                                       inference));
  std::string json;
  append_result_json(json, *flatbuffers::GetRoot<wire::Finished>(builder_.GetBufferPointer()),
                     {.site = options_.names.site, .node = options_.names.node});
  return json;
}

int run_vision(const vision_options& o) {
  const stop_signals signals;
  const vision v(o);
  signals.wait();
  return v.failed() ? 1 : 0;
}

} // namespace monopod::control
