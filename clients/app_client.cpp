#include "clients/app_client.hpp"

#include "core/clock.hpp"
#include "core/credible.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t subscribe_period_ns = ns_per_s;
// How often to subscribe again while there is no connection, or no server says that it is the
// primary.
constexpr std::uint64_t retry_ns = 20 * ns_per_ms;
constexpr std::uint64_t search_ns = 50 * ns_per_ms;

} // namespace

app_connection::app_connection(app_options options)
    : options_(std::move(options)), servers_(options_.server, limits::app_hwm),
      session_(random_u64()) {
  MONOPOD_ENSURE(valid_name(options_.app), "application name");
  options_.credit = std::clamp(options_.credit, 1U, limits::app_credit_max);
}

// Subscribes at every server, at every new connection and then once a second: a restarted broker
// does not know us, silence looks like death, and a backup that knows us says when it becomes
// primary.
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
  const auto bytes = finish_app(b, choice_.epoch(), body);
  bool sent = false;
  for (std::size_t i = 0; i < servers_.size(); ++i)
    sent = servers_.send(i, bytes) || sent;
  const bool search = servers_.size() > 1 && !choice_.primary();
  subscribe_at_ns_ = now_ns + (!sent ? retry_ns : search ? search_ns : subscribe_period_ns);
}

std::optional<app_frame> app_connection::next(int timeout_ms) {
  const auto end_ns =
      boottime_ns() + static_cast<std::uint64_t>(std::max(timeout_ms, 0)) * ns_per_ms;
  while (true) {
    subscribe();
    for (std::size_t i = 0; i < servers_.size(); ++i)
      for (int n = 0; n < limits::messages_per_turn && receive_one(i); ++n) {
      }
    send_waiting(); // a message that can't go now ends the wait once it can
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
  servers_.wait(timeout_ms);
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const auto seen = servers_.happened(i);
    if (seen.disconnected && servers_.size() > 1)
      choice_.lost(i);
    if (seen.connected || seen.disconnected)
      subscribe_at_ns_ = 0;
  }
  follow();
}

bool app_connection::receive_one(std::size_t from) {
  zmtp::message received;
  if (!servers_.receive(from, received))
    return false;
  const auto* message = decode_app(received.envelope());
  // An epoch out of reach would make it deaf to all true servers (O1).
  if (message != nullptr && message->epoch() <= credible_epoch(realtime_ns() / ns_per_ms))
    take(from, *message, std::move(received.body));
  return true;
}

void app_connection::take(std::size_t from, const wire::AppMessage& message, payload body) {
  if (const auto* refused = message.body_as_AppRefused()) {
    on_refused(from, message.epoch(), *refused);
    return;
  }
  const auto* subscribed = message.body_as_Subscribed();
  const auto* f = message.body_as_Frame();
  // O1. Only an attachment tells which server is the primary: a frame may be left over from a
  // broken connection.
  if ((subscribed == nullptr && (f == nullptr || choice_.primary() != from)) ||
      !choice_.heard_primary(from, message.epoch()))
    return;
  follow();
  if (subscribed != nullptr)
    attached(subscribed->incarnation());
  else if (frames_.size() < options_.credit)
    frames_.push_back({f->camera()->str(), f->stream(), f->seq(), f->captured_at_ns(), f->width(),
                       f->height(), f->dropped_before(), f->skipped_newer(), f->skipped_age(),
                       f->skipped_rate(), std::move(body), 0});
}

void app_connection::on_refused(std::size_t from, std::uint64_t epoch,
                                const wire::AppRefused& refused) {
  if (refused.reason() == wire::AppRefuseReason::NotPrimary)
    choice_.heard_backup(from, epoch);
  follow();
  if (choice_.primary() && *choice_.primary() != from)
    return; // a server that was not asked need not agree
  stats_.last_refusal = wire::EnumNameAppRefuseReason(refused.reason());
  if (refused.reason() == wire::AppRefuseReason::NotPrimary)
    return;
  ++stats_.refused;
  if (refused.reason() == wire::AppRefuseReason::NotSubscribed)
    subscribe_at_ns_ = 0; // the broker was restarted
}

// Another server is primary, or none is: frames owed to the last one are owed to nobody, and arrive
// again.
void app_connection::follow() {
  if (choice_.changes() == followed_)
    return;
  followed_ = choice_.changes();
  if (servers_.size() == 1)
    return;
  incarnation_ = 0;
  frames_.clear();
  waiting_.clear();
  subscribe_at_ns_ = 0;
}

void app_connection::attached(std::uint64_t incarnation) {
  stats_.last_refusal.clear();
  if (incarnation == incarnation_)
    return;
  incarnation_ = incarnation;
  ++stats_.attached;
  frames_.clear(); // they are owed anew, and the broker sends them again
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
  finish_app(b, choice_.epoch(), body);
  queue_message();
  ++stats_.answers;
  // Credit goes back half at a time, since a message for each frame would double the traffic.
  if (++credit_owed_ >= (options_.credit + 1) / 2)
    grant(std::exchange(credit_owed_, 0));
  send_waiting();
}

void app_connection::grant(std::uint32_t frames) {
  builder_.Clear();
  finish_app(builder_, choice_.epoch(), wire::CreateCredit(builder_, frames));
  queue_message();
}

void app_connection::queue_message() {
  const auto bytes = bytes_of(builder_);
  waiting_.emplace_back(bytes.begin(), bytes.end());
}

void app_connection::send_waiting() {
  while (!waiting_.empty() && choice_.primary()) {
    if (!servers_.send(*choice_.primary(), waiting_.front()))
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
