#include "actors/vision/vision.hpp"

#include "actors/vision/emulated_worker.hpp"
#include "actors/vision/plugin_worker.hpp"
#include "core/clock.hpp"
#include "schemas/codec.hpp"

#include <memory>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t subscribe_period_ns = ns_per_s;

std::unique_ptr<vision_worker> make_worker(const std::string& app, const vision_config& conf,
                                           metrics& metrics) {
  if (!conf.has_plugin()) {
    log_info("vision", "the emulator makes detections up", {{"app", app}});
    return std::make_unique<emulated_worker>(conf);
  }
  return std::make_unique<plugin_worker>(app, conf, metrics);
}

// A frame that waits here grows old: a plug-in, whose work takes long, gets the next one when it is
// done. The emulator's work may be nothing, and then each turn carries many frames.
std::uint32_t credit_of(const vision_config& conf) {
  return conf.credit > 0 ? conf.credit : conf.has_plugin() ? 1 : 32;
}

} // namespace

vision::vision(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
               const std::string& app, const std::string& endpoint, const vision_config& conf,
               metrics& metrics, std::uint64_t session)
    : stage(cfg, host), app_(app), conf_(conf), metrics_(metrics), credit_(credit_of(conf)),
      session_(session) {
  broker_link_ = &open_link(zmq_context,
                            {.profile = link_profile::app,
                             .endpoints = {endpoint},
                             .max_payload_bytes = limits::frame_bytes},
                            [this](inbound& in) { on_message(in); });
}

vision::behavior_type vision::make_behavior() {
  subscribe(); // first: while a plug-in is opened, frames wait for credit instead of passing by
  worker_ = make_worker(app_, conf_, metrics_);
  every(subscribe_period_ns, [this] { subscribe(); });
  return {
      [this](status_atom) { return make_status(); },
      [this](ready_atom) { return answered_; },
      [](drain_atom) {},
      [this](busy_atom) { return serving_ || !queue_.empty(); },
      [this](attach_atom) {
        broker_link_->reconnect();
        subscribe();
      },
      [](fail_atom) { fail_as_asked(); },
      [](serve_atom, std::uint64_t) {}, // the broker tells it that
      [this](reload_atom, const vision_config& changed) {
        if (changed == conf_)
          return;
        conf_ = changed;
        worker_->reload(conf_);
      },
  };
}

void vision::on_exit() {
  stage::on_exit();
  worker_.reset(); // here, since the last reference may go on another thread
}

// The broker tells everything else about this application.
status_part vision::make_status() const {
  auto part = std::make_shared<wire::StatusT>();
  if (auto problem = worker_->problem(); !problem.empty())
    part->problems.push_back(std::move(problem));
  return part;
}

void vision::subscribe() {
  std::vector<flatbuffers::Offset<flatbuffers::String>> patterns;
  builder_.Clear();
  for (const auto& p : conf_.cameras)
    patterns.push_back(builder_.CreateString(p));
  const auto body = wire::CreateSubscribeDirect(
      builder_, app_.c_str(), &patterns, static_cast<wire::Policy>(conf_.policy), session_,
      conf_.bound, conf_.max_age_ms, static_cast<float>(conf_.max_fps));
  broker_link_->send(0, finish_app(builder_, epoch_, body));
}

void vision::on_message(inbound& in) {
  const auto* message = in.well_formed ? decode_app(in.envelope) : nullptr;
  if (message == nullptr) {
    metrics_.malformed_messages.Increment();
    return;
  }
  if (const auto* f = message->body_as_Frame()) {
    queue_.push_back(
        {f->camera()->str(), f->stream(), f->seq(), f->captured_at_ns(), std::move(in.body)});
    if (!serving_)
      serve_next();
  } else if (const auto* subscribed = message->body_as_Subscribed()) {
    on_subscribed(subscribed->incarnation());
  } else if (const auto* refused = message->body_as_AppRefused()) {
    on_refused(refused->reason());
  }
}

void vision::on_refused(wire::AppRefuseReason why) {
  if (why == wire::AppRefuseReason::NotPrimary) { // the broker says so when it is
    answered_ = true;
    forget();
    if (std::exchange(incarnation_, 0) != 0)
      subscribe(); // the broker notes that for its next time as primary, which may be in a moment
    return;
  }
  log_limited(log_level::warn, name(), "the broker refuses",
              {{"app", app_}, {"reason", wire::EnumNameAppRefuseReason(why)}});
  if (why == wire::AppRefuseReason::NotSubscribed)
    subscribe(); // the broker was restarted
}

void vision::on_subscribed(std::uint64_t incarnation) {
  if (incarnation == incarnation_)
    return;
  incarnation_ = incarnation;
  answered_ = true;
  forget();
  grant(credit_);
}

// Forgets its frames: this broker, or another node's, sends them anew.
void vision::forget() {
  queue_.clear();
  waiting_.clear();
  credit_owed_ = 0;
}

// One frame at a time, like an application with one model.
void vision::serve_next() {
  while (!queue_.empty()) {
    auto f = std::make_shared<vision_frame>(std::move(queue_.front()));
    queue_.pop_front();
    const auto started_at_ns = realtime_ns();
    const auto wait_ns = worker_->look(*f);
    f->body = {};
    if (wait_ns > 0) {
      serving_ = true;
      after(wait_ns, [this, f, started_at_ns] {
        serving_ = false;
        finish(*f, started_at_ns);
        serve_next();
      });
      return;
    }
    finish(*f, started_at_ns);
  }
}

void vision::finish(const vision_frame& f, std::uint64_t started_at_ns) {
  const auto finished_at_ns = realtime_ns();
  builder_.Clear();
  const auto inference = worker_->answer(
      builder_, finished_at_ns > started_at_ns ? finished_at_ns - started_at_ns : 0);
  const auto body = wire::CreateAppResultDirect(builder_, f.camera.c_str(), f.stream, f.seq,
                                                started_at_ns, finished_at_ns, inference);
  send_message(finish_app(builder_, epoch_, body));
  // Credit goes back in halves: a message for each frame would double the traffic.
  if (++credit_owed_ >= (credit_ + 1) / 2)
    grant(std::exchange(credit_owed_, 0));
}

void vision::grant(std::uint32_t frames) {
  builder_.Clear();
  send_message(finish_app(builder_, epoch_, wire::CreateCredit(builder_, frames)));
}

// Sends it now, or after the messages that wait already.
void vision::send_message(std::span<const std::uint8_t> message) {
  if (waiting_.empty() && broker_link_->send(0, message) != send_result::full)
    return;
  waiting_.emplace_back(message.begin(), message.end());
  if (waiting_.size() == 1)
    after(retry_ns, [this] { send_waiting(); });
}

void vision::send_waiting() {
  while (!waiting_.empty()) {
    if (broker_link_->send(0, waiting_.front()) == send_result::full) {
      after(retry_ns, [this] { send_waiting(); });
      return;
    }
    waiting_.pop_front();
  }
}

} // namespace monopod
