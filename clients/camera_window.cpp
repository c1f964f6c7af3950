#include "clients/camera_window.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "schemas/codec.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint32_t backoff_min_ms = 200;
constexpr std::uint32_t backoff_max_ms = 5000;
// Hello is repeated until it is answered, and never more often than this.
constexpr std::uint64_t hello_period_ns = ns_per_s;
constexpr std::uint64_t hello_pause_ns = 50 * ns_per_ms;
// In a group it is repeated sooner at first.
constexpr std::uint64_t hello_group_ns = 50 * ns_per_ms;
constexpr std::uint64_t hello_growth_percent = 120;

} // namespace

camera_window::counts& camera_window::counts::operator+=(const counts& other) {
  taken += other.taken;
  sent += other.sent;
  resent += other.resent;
  acknowledged += other.acknowledged;
  dropped += other.dropped;
  refused += other.refused;
  lost += other.lost;
  ignored += other.ignored;
  return *this;
}

camera_window::statistics& camera_window::statistics::operator+=(const statistics& other) {
  counts::operator+=(other);
  for (std::size_t i = 0; i < refusals.size(); ++i)
    refusals[i] += other.refusals[i];
  round_trip_ms.add_all(other.round_trip_ms);
  if (!other.last_refusal.empty())
    last_refusal = other.last_refusal;
  return *this;
}

camera_window::camera_window(std::uint64_t stream, const window_options& options)
    : options_(options), stream_(stream), backoff_ms_(backoff_min_ms),
      hello_wait_ns_(options.group ? hello_group_ns : hello_period_ns) {}

camera_window::push_result camera_window::push(payload body, std::uint64_t captured_at_ns,
                                               std::uint16_t width, std::uint16_t height,
                                               std::uint64_t now_ns) {
  const auto no_room = [&] {
    return frames_.size() >= options_.frames || bytes_ + body.size_bytes() > options_.bytes;
  };
  const bool never_fits = body.size_bytes() > options_.bytes;
  if (!never_fits && no_room() && options_.full == full_policy::block)
    return push_result::full;
  while (!never_fits && no_room() && sent_ < frames_.size()) {
    erase(sent_);
    ++stats_.dropped;
  }
  ++last_seq_;
  ++stats_.taken;
  if (no_room()) { // all of it is in flight, or waiting for room would not help
    ++stats_.dropped;
    return push_result::dropped;
  }
  bytes_ += body.size_bytes();
  frames_.push_back({last_seq_, captured_at_ns, now_ns, width, height, false, std::move(body)});
  return push_result::taken;
}

std::optional<camera_window::outgoing> camera_window::next() const {
  if (!welcomed_ || sent_ >= frames_.size() || sent_ >= credit_)
    return std::nullopt;
  const auto& f = frames_[sent_];
  if (credit_bytes_ > 0 && sent_ > 0 && sent_bytes_ + f.body.size_bytes() > credit_bytes_)
    return std::nullopt;
  const auto before = sent_ > 0 ? frames_[sent_ - 1].seq : cursor_;
  return outgoing{{.stream = stream_,
                   .seq = f.seq,
                   .captured_at_ns = f.captured_at_ns,
                   .width = f.width,
                   .height = f.height,
                   .dropped_before = static_cast<std::uint32_t>(f.seq - before - 1)},
                  &f.body};
}

void camera_window::sent(std::uint64_t now_ns) {
  auto& f = frames_[sent_++];
  sent_bytes_ += f.body.size_bytes();
  ++(f.was_sent ? stats_.resent : stats_.sent);
  f.was_sent = true;
  if (sent_ == 1)
    progress_ns_ = now_ns;
}

bool camera_window::hello_due(std::uint64_t now_ns) {
  if (welcomed_ && sent_ > 0 && now_ns - progress_ns_ >= options_.resend_ms * ns_per_ms) {
    welcomed_ = false;
    hello_at_ns_ = now_ns;
  }
  return !welcomed_ && now_ns >= hello_at_ns_;
}

void camera_window::hello_said(std::uint64_t now_ns) {
  last_hello_ns_ = now_ns;
  hello_at_ns_ = now_ns + hello_wait_ns_;
  hello_wait_ns_ = std::min(hello_wait_ns_ * hello_growth_percent / 100, hello_period_ns);
}

std::uint64_t camera_window::next_look_ns() const {
  if (!welcomed_)
    return hello_at_ns_;
  return sent_ > 0 ? progress_ns_ + options_.resend_ms * ns_per_ms : UINT64_MAX;
}

void camera_window::on_connected(std::uint64_t now_ns) {
  if (welcomed_)
    ask_again(now_ns);
}

// O1: the highest epoch is remembered; what comes from a lower one is not for us.
bool camera_window::accept_epoch(std::uint64_t epoch) {
  if (epoch < epoch_) {
    ++stats_.ignored;
    return false;
  }
  epoch_ = epoch;
  return true;
}

void camera_window::on_welcome(std::uint64_t epoch, const wire::Welcome& m, std::uint64_t now_ns) {
  if (!accept_epoch(epoch))
    return;
  if (m.stream() != stream_ || m.cursor() > last_seq_) {
    ++stats_.ignored;
    return;
  }
  settle(m.cursor(), now_ns);
  if (m.cursor() < cursor_) // acknowledgement `accepted`: what is gone here is gone for good
    stats_.lost += cursor_ - m.cursor();
  cursor_ = m.cursor();
  credit_ = m.credit();
  credit_bytes_ = m.credit_bytes();
  welcomed_ = true;
  backoff_ms_ = backoff_min_ms;
  hello_wait_ns_ = options_.group ? hello_group_ns : hello_period_ns;
  progress_ns_ = now_ns;
  sent_ = sent_bytes_ = 0; // the replay: all that is unsettled goes again
  stats_.last_refusal.clear();
}

void camera_window::on_ack(std::uint64_t epoch, const wire::Ack& m, std::uint64_t now_ns) {
  if (!accept_epoch(epoch))
    return;
  if (!welcomed_ || m.stream() != stream_ || m.cursor() > last_seq_ || m.cursor() < cursor_) {
    ++stats_.ignored;
    return;
  }
  if (m.cursor() > cursor_)
    progress_ns_ = now_ns;
  settle(m.cursor(), now_ns);
  cursor_ = m.cursor();
  credit_ = m.credit();
  credit_bytes_ = m.credit_bytes();
}

void camera_window::settle(std::uint64_t cursor, std::uint64_t now_ns) {
  while (!frames_.empty() && frames_.front().seq <= cursor) {
    ++stats_.acknowledged;
    stats_.round_trip_ms.add(static_cast<double>(now_ns - frames_.front().taken_ns) * 1e-6);
    erase(0);
  }
}

void camera_window::erase(std::size_t index) {
  const auto bytes = frames_[index].body.size_bytes();
  bytes_ -= bytes;
  frames_.erase(frames_.begin() + static_cast<std::ptrdiff_t>(index));
  if (index < sent_) {
    --sent_;
    sent_bytes_ -= bytes;
  }
}

void camera_window::ask_again(std::uint64_t at_ns) {
  welcomed_ = false;
  hello_at_ns_ = std::max(at_ns, last_hello_ns_ + hello_pause_ns);
}

void camera_window::on_refused(std::uint64_t epoch, const wire::Refused& m, std::uint64_t now_ns,
                               double jitter) {
  if (!accept_epoch(epoch))
    return;
  // A newer gateway may have reasons that we don't know, and nobody checks the number.
  const auto reason = static_cast<std::size_t>(m.reason());
  if (reason < stats_.refusals.size())
    ++stats_.refusals[reason];
  switch (m.reason()) {
  case wire::RefuseReason::TooLarge:
  case wire::RefuseReason::FromTheFuture:
  case wire::RefuseReason::Malformed:
  case wire::RefuseReason::UnknownEncoding:
    if (m.seq() == 0)
      break; // it refuses the Hello
    if (m.stream() == stream_)
      refuse_frame(m.seq());
    return;
  case wire::RefuseReason::StaleStream:
    if (m.stream() >= limits::number_max)
      break; // no stream can be above it
    if (m.stream() >= stream_)
      open_stream(m.stream() + 1);
    ask_again(now_ns);
    return;
  case wire::RefuseReason::NotOpen:
  case wire::RefuseReason::OverCredit:
    if (welcomed_)
      ask_again(now_ns);
    return;
  default:
    break;
  }
  stats_.last_refusal = reason < stats_.refusals.size() ? wire::EnumNameRefuseReason(m.reason())
                                                        : "reason " + std::to_string(reason);
  if (!view(m.detail()).empty())
    stats_.last_refusal.append(": ").append(view(m.detail()));
  const bool not_yet =
      m.reason() == wire::RefuseReason::NotPrimary || m.reason() == wire::RefuseReason::NotReady;
  if (options_.group && not_yet) { // another one may be; Hello is repeated anyway
    if (welcomed_)
      ask_again(now_ns);
    return;
  }
  ask_again(now_ns + static_cast<std::uint64_t>(backoff_ms_ * (0.5 + jitter / 2)) * ns_per_ms);
  backoff_ms_ = std::min(backoff_ms_ * 2, backoff_max_ms);
}

void camera_window::refuse_frame(std::uint64_t seq) {
  const auto at = std::ranges::find(frames_, seq, &frame::seq);
  if (at == frames_.end())
    return;
  ++stats_.refused;
  erase(static_cast<std::size_t>(at - frames_.begin()));
}

// Another run of this camera is known with a higher number: everything held goes under a number
// above it.
void camera_window::open_stream(std::uint64_t stream) {
  stream_ = stream;
  cursor_ = last_seq_ = 0;
  sent_ = sent_bytes_ = 0;
  for (auto& f : frames_)
    f.seq = ++last_seq_;
}

} // namespace monopod
