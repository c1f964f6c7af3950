#include "clients/camera_client.hpp"

#include "core/clock.hpp"
#include "core/credible.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"
#include "schemas/frame_info.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

// A primary that is silent for this long while frames are on their way may no longer be the
// primary.
constexpr std::uint64_t silence_ns = 100 * ns_per_ms;

} // namespace

// -- camera

camera::camera(camera_connection& connection, std::string name, std::uint64_t stream,
               const window_options& options)
    : connection_(connection), name_(std::move(name)), session_(random_u64()),
      window_(stream, options) {}

camera_window::push_result camera::publish(payload body, std::uint64_t captured_at_ns,
                                           std::uint16_t width, std::uint16_t height) {
  const auto now_ns = boottime_ns();
  const auto result = window_.push(std::move(body), captured_at_ns, width, height, now_ns);
  send_frames(now_ns);
  return result;
}

void camera::send_frames(std::uint64_t now_ns) {
  auto& b = connection_.builder_;
  while (const auto f = window_.next()) {
    b.Clear();
    const auto envelope = write_frame(b, name_, f->info);
    const auto to = connection_.choice_.primary();
    if (!to ||
        !connection_.servers_.send(*to, finish_camera(b, window_.epoch(), envelope), f->body))
      return;
    window_.sent(now_ns);
  }
}

bool camera::say_hello(std::size_t to) {
  auto& b = connection_.builder_;
  b.Clear();
  const auto hello = wire::CreateHelloDirect(b, name_.c_str(), window_.stream(), session_,
                                             connection_.options_.client.c_str(), window_.cursor());
  const bool said = connection_.servers_.send(to, finish_camera(b, window_.epoch(), hello));
  if (said)
    greeted_.set(to);
  return said;
}

// The event of a connection may arrive after the Hello that went over it. A second Hello would be
// answered by a second Welcome, and all frames in between would be sent again.
void camera::on_connected(std::size_t server, std::uint64_t now_ns) {
  if (greeted_.test(server))
    return;
  if (connection_.choice_.primary() == server)
    window_.on_connected(now_ns);
  else if (window_.hello_due(now_ns))
    greet_all(now_ns);
  else // primary or not: it tells the cameras that it knows once it is
    say_hello(server);
}

// Says Hello to every server, since a backup that knows the camera tells it when it becomes
// primary.
void camera::greet_all(std::uint64_t now_ns) {
  bool said = false;
  for (std::size_t i = 0; i < connection_.servers_.size(); ++i)
    said = say_hello(i) || said;
  if (said)
    window_.hello_said(now_ns);
}

void camera::tick(std::uint64_t now_ns) {
  if (window_.hello_due(now_ns))
    greet_all(now_ns);
  send_frames(now_ns);
}

// -- connection

camera_connection::camera_connection(const connection_options& options)
    : options_(options), servers_(options.server, limits::camera_connection_hwm),
      jitter_(static_cast<std::minstd_rand::result_type>(random_u64())) {
  options_.window.group = servers_.size() > 1;
}

camera& camera_connection::open(const std::string& name, std::uint64_t stream) {
  MONOPOD_ENSURE(valid_name(name), "camera name");
  if (stream == 0)
    stream = realtime_ns() / 1000;
  auto& c = cameras_[name];
  c = std::unique_ptr<camera>(new camera(*this, name, stream, options_.window));
  c->tick(boottime_ns());
  return *c;
}

bool camera_connection::receive_one(std::size_t from) {
  zmtp::message message;
  if (!servers_.receive(from, message))
    return false;
  take(from, message.envelope());
  return true;
}

camera* camera_connection::find(const flatbuffers::String* name) {
  const auto known = cameras_.find(view(name));
  return known == cameras_.end() ? nullptr : known->second.get();
}

void camera_connection::take(std::size_t from, std::span<const std::byte> envelope) {
  const auto* message = decode_camera(envelope);
  if (message == nullptr || message->epoch() > credible_epoch(realtime_ns() / ns_per_ms))
    return; // an epoch out of reach would make it deaf to all true servers (O1)
  const auto now_ns = boottime_ns();
  if (const auto* refused = message->body_as_Refused()) {
    on_refused(from, message->epoch(), *refused, now_ns);
    return;
  }
  const auto* ack = message->body_as_Ack();
  const auto* welcome = message->body_as_Welcome();
  // An Ack left over from a broken connection does not tell which server is the primary now.
  if ((welcome == nullptr && (ack == nullptr || choice_.primary() != from)) ||
      !choice_.heard_primary(from, message->epoch()))
    return;
  heard_ns_ = now_ns;
  follow(now_ns);
  auto* c = find(ack != nullptr ? ack->camera() : welcome->camera());
  if (c != nullptr && ack != nullptr)
    c->window_.on_ack(message->epoch(), *ack, now_ns);
  else if (c != nullptr)
    c->window_.on_welcome(message->epoch(), *welcome, now_ns);
}

void camera_connection::on_refused(std::size_t from, std::uint64_t epoch,
                                   const wire::Refused& refused, std::uint64_t now_ns) {
  if (refused.reason() == wire::RefuseReason::NotPrimary)
    choice_.heard_backup(from, epoch);
  follow(now_ns);
  if (choice_.primary() && *choice_.primary() != from)
    return; // a server that was not asked need not agree
  const auto jitter = std::uniform_real_distribution<double>(0, 1)(jitter_);
  if (auto* c = find(refused.camera()))
    c->window_.on_refused(epoch, refused, now_ns, jitter);
}

// Another server is primary, or none is: every camera asks for its cursor.
void camera_connection::follow(std::uint64_t now_ns) {
  if (choice_.changes() == followed_)
    return;
  followed_ = choice_.changes();
  heard_ns_ = now_ns;
  for (auto& [name, c] : cameras_)
    c->window_.on_connected(now_ns);
}

void camera_connection::tick() {
  const auto now_ns = boottime_ns();
  look_for_another(now_ns);
  for (auto& [name, c] : cameras_)
    c->tick(now_ns);
}

// Says Hello for one camera to the other servers: if one of them is the primary, it says so.
void camera_connection::look_for_another(std::uint64_t now_ns) {
  if (servers_.size() == 1 || !choice_.primary() || now_ns - heard_ns_ < silence_ns)
    return;
  const auto waits = std::ranges::find_if(
      cameras_, [](const auto& item) { return item.second->window_.in_flight() > 0; });
  if (waits == cameras_.end())
    return;
  heard_ns_ = now_ns;
  for (std::size_t i = 0; i < servers_.size(); ++i)
    if (i != *choice_.primary())
      waits->second->say_hello(i);
}

std::uint64_t camera_connection::next_look_ns() const {
  auto at_ns = UINT64_MAX;
  for (const auto& [name, c] : cameras_) {
    at_ns = std::min(at_ns, c->window_.next_look_ns());
    if (servers_.size() > 1 && c->window_.in_flight() > 0)
      at_ns = std::min(at_ns, heard_ns_ + silence_ns);
  }
  return at_ns;
}

void camera_connection::poll(int timeout_ms, int also) {
  const auto now_ns = boottime_ns();
  auto until_ns = now_ns + static_cast<std::uint64_t>(std::max(timeout_ms, 0)) * ns_per_ms;
  if (!servers_.all_blocked()) // if all are, room at one of them ends the wait
    until_ns = std::min(until_ns, next_look_ns());
  const auto wait_ms = until_ns > now_ns ? (until_ns - now_ns + ns_per_ms - 1) / ns_per_ms : 0;
  servers_.wait(static_cast<int>(wait_ms), also);
  for (std::size_t i = 0; i < servers_.size(); ++i)
    look_after(i);
  // Bounded, so that a gateway which floods us can't hold up the camera.
  for (std::size_t i = 0; i < servers_.size(); ++i)
    for (int n = 0; n < limits::messages_per_turn && receive_one(i); ++n) {
    }
  tick();
}

// Acts on connections that were made or broken.
void camera_connection::look_after(std::size_t server) {
  const auto seen = servers_.happened(server);
  const auto now_ns = boottime_ns();
  for (auto& [name, c] : cameras_) {
    if (seen.interrupted)
      c->greeted_.reset(server);
    if (seen.connected)
      c->on_connected(server, now_ns);
  }
  if (seen.disconnected && servers_.size() > 1)
    choice_.lost(server);
  follow(now_ns);
}

bool camera_connection::flush(std::chrono::milliseconds timeout) {
  const auto end_ns = boottime_ns() + static_cast<std::uint64_t>(timeout.count()) * ns_per_ms;
  const auto all_settled = [this] {
    return std::ranges::all_of(cameras_, [](const auto& item) { return item.second->held() == 0; });
  };
  while (!all_settled()) {
    if (boottime_ns() >= end_ns)
      return false;
    poll(50);
  }
  return true;
}

void camera_connection::bye() {
  for (auto& [name, c] : cameras_) {
    builder_.Clear();
    const auto body = wire::CreateByeDirect(builder_, name.c_str(), c->window_.stream());
    const auto bytes = finish_camera(builder_, c->window_.epoch(), body);
    for (std::size_t i = 0; i < servers_.size(); ++i)
      servers_.send(i, bytes);
  }
}

} // namespace monopod
