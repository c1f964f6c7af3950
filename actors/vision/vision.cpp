#include "actors/vision/vision.hpp"

#include "actors/vision/emulated_work.hpp"
#include "core/clock.hpp"
#include "schemas/codec.hpp"

#include <memory>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t subscribe_period_ns = ns_per_s;

} // namespace

vision::vision(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
               const std::string& app, const std::string& endpoint, const vision_config& conf,
               metrics& metrics, std::uint64_t session)
    : stage(cfg, host), app_(app), conf_(conf), metrics_(metrics), emulator_(conf_),
      session_(session) {
  broker_link_ = &open_link(zmq_context,
                            {.profile = link_profile::app,
                             .endpoints = {endpoint},
                             .max_payload_bytes = limits::frame_bytes},
                            [this](inbound& in) { on_message(in); });
}

vision::behavior_type vision::make_behavior() {
  subscribe();
  every(subscribe_period_ns, [this] { subscribe(); });
  return {
      [](status_atom) {
        return status_part(std::make_shared<wire::StatusT>());
      }, // the broker tells
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
        emulator_ = emulator(conf_);
      },
  };
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
    queue_.push_back({f->camera()->str(), f->stream(), f->seq(), std::move(in.body)});
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
  grant(conf_.credit);
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
    auto f = std::make_shared<frame>(std::move(queue_.front()));
    queue_.pop_front();
    const auto started_at_ns = realtime_ns();
    if (conf_.decode)
      decode_jpeg(f->body.bytes(), pixels_);
    f->body = {};
    const auto service_ns = emulator_.service_time_ns();
    if (service_ns > 0 && conf_.work == service_kind::wait) {
      serving_ = true;
      after(service_ns, [this, f, started_at_ns] {
        serving_ = false;
        finish(*f, started_at_ns);
        serve_next();
      });
      return;
    }
    if (service_ns > 0)
      burn_cpu(service_ns);
    finish(*f, started_at_ns);
  }
}

void vision::finish(const frame& f, std::uint64_t started_at_ns) {
  const auto finished_at_ns = realtime_ns();
  builder_.Clear();
  const auto inference = emulator_.detect(
      builder_, finished_at_ns > started_at_ns ? finished_at_ns - started_at_ns : 0);
  const auto body = wire::CreateAppResultDirect(builder_, f.camera.c_str(), f.stream, f.seq,
                                                started_at_ns, finished_at_ns, inference);
  send_message(finish_app(builder_, epoch_, body));
  // Credit goes back in halves: a message for each frame would double the traffic.
  if (++credit_owed_ >= (conf_.credit + 1) / 2)
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
