#include "clients/app_client.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"

#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t subscribe_period_ns = ns_per_s;
constexpr std::uint64_t retry_ns = 20 * ns_per_ms; // while there is no connection

} // namespace

app_connection::app_connection(app_options options)
    : options_(std::move(options)), session_(random_u64()) {
  MONOPOD_ENSURE(valid_name(options_.app), "application name");
  options_.credit = std::clamp(options_.credit, 1U, limits::app_credit_max);
  socket_ = open_client_socket(context_, options_.server, limits::app_hwm);
  watch_.emplace(context_.get(), socket_);
}

app_connection::~app_connection() {
  watch_.reset();
  zmq_close(socket_);
}

// At every connection, and repeated once a second: a broker that has restarted does not know us,
// and silence looks like death.
void app_connection::subscribe() {
  const auto now_ns = boottime_ns();
  if (now_ns < subscribe_at_ns_)
    return;
  auto& b = builder_;
  b.Clear();
  std::vector<flatbuffers::Offset<flatbuffers::String>> patterns;
  for (const auto& p : options_.cameras)
    patterns.push_back(b.CreateString(p));
  const auto body =
      wire::CreateSubscribeDirect(b, options_.app.c_str(), &patterns, options_.policy, session_,
                                  options_.bound, options_.max_age_ms, options_.max_fps);
  const auto bytes = finish_app(b, epoch_, body);
  const bool sent = zmq_send(socket_, bytes.data(), bytes.size(), ZMQ_DONTWAIT) >= 0;
  subscribe_at_ns_ = now_ns + (sent ? subscribe_period_ns : retry_ns);
}

std::optional<app_frame> app_connection::next(int timeout_ms) {
  const auto end_ns =
      boottime_ns() + static_cast<std::uint64_t>(std::max(timeout_ms, 0)) * ns_per_ms;
  while (true) {
    subscribe();
    send_waiting();
    for (int i = 0; i < limits::messages_per_turn && receive_one(); ++i) {
    }
    if (!frames_.empty())
      break;
    const auto now_ns = boottime_ns();
    if (now_ns >= end_ns)
      return std::nullopt;
    const auto until_ns = std::min(end_ns, subscribe_at_ns_);
    wait(until_ns > now_ns ? static_cast<int>((until_ns - now_ns) / ns_per_ms) + 1 : 0);
  }
  auto frame = std::move(frames_.front());
  frames_.pop_front();
  frame.started_at_ns = realtime_ns();
  ++stats_.frames;
  return frame;
}

void app_connection::wait(int timeout_ms) {
  watch_->wait(static_cast<short>(waiting_.empty() ? ZMQ_POLLIN : ZMQ_POLLIN | ZMQ_POLLOUT),
               timeout_ms);
  if (watch_->connected())
    subscribe_at_ns_ = 0;
}

bool app_connection::receive_one() {
  std::span<const std::byte> envelope;
  payload body;
  if (!receive_message(socket_, scratch_, envelope, body))
    return false;
  if (const auto* message = decode_app(envelope))
    take(*message, std::move(body));
  return true;
}

void app_connection::take(const wire::AppMessage& message, payload body) {
  if (message.epoch() < epoch_)
    return; // O1: from a broker that is no longer the one
  epoch_ = message.epoch();
  if (const auto* f = message.body_as_Frame()) {
    if (frames_.size() < options_.credit)
      frames_.push_back({f->camera()->str(), f->stream(), f->seq(), f->captured_at_ns(), f->width(),
                         f->height(), f->dropped_before(), f->skipped_newer(), f->skipped_age(),
                         f->skipped_rate(), std::move(body), 0});
  } else if (const auto* subscribed = message.body_as_Subscribed()) {
    attached(subscribed->incarnation());
  } else if (const auto* refused = message.body_as_AppRefused()) {
    ++stats_.refused;
    stats_.last_refusal = wire::EnumNameAppRefuseReason(refused->reason());
    if (refused->reason() == wire::AppRefuseReason::NotSubscribed)
      subscribe_at_ns_ = 0; // the broker was restarted
  }
}

void app_connection::attached(std::uint64_t incarnation) {
  stats_.last_refusal.clear();
  if (incarnation == incarnation_)
    return;
  incarnation_ = incarnation;
  ++stats_.attached;
  frames_.clear(); // owed anew: the broker sends them again
  waiting_.clear();
  credit_owed_ = 0;
  grant(options_.credit);
}

void app_connection::answer(const app_frame& frame, wire::InferenceT found) {
  const auto finished_at_ns = realtime_ns();
  found.processing_ns =
      finished_at_ns > frame.started_at_ns ? finished_at_ns - frame.started_at_ns : 0;
  auto& b = builder_;
  b.Clear();
  const auto inference = wire::CreateInference(b, &found);
  const auto body = wire::CreateAppResultDirect(b, frame.camera.c_str(), frame.stream, frame.seq,
                                                frame.started_at_ns, finished_at_ns, inference);
  finish_app(b, epoch_, body);
  queue_message();
  ++stats_.answers;
  // Credit goes back in halves: a message for each frame would double the traffic.
  if (++credit_owed_ >= (options_.credit + 1) / 2)
    grant(std::exchange(credit_owed_, 0));
  send_waiting();
}

void app_connection::grant(std::uint32_t frames) {
  builder_.Clear();
  finish_app(builder_, epoch_, wire::CreateCredit(builder_, frames));
  queue_message();
}

void app_connection::queue_message() {
  const auto bytes = bytes_of(builder_);
  waiting_.emplace_back(bytes.begin(), bytes.end());
}

void app_connection::send_waiting() {
  while (!waiting_.empty()) {
    const auto& m = waiting_.front();
    if (zmq_send(socket_, m.data(), m.size(), ZMQ_DONTWAIT) < 0)
      return;
    waiting_.pop_front();
  }
}

bool app_connection::flush(int timeout_ms) {
  const auto end_ns =
      boottime_ns() + static_cast<std::uint64_t>(std::max(timeout_ms, 0)) * ns_per_ms;
  for (send_waiting(); !waiting_.empty(); send_waiting()) {
    if (boottime_ns() >= end_ns)
      return false;
    wait(10);
  }
  return true;
}

} // namespace monopod
