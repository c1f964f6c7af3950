#include "clients/camera_client.hpp"

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

void release_payload(void*, void* hint) { delete static_cast<payload*>(hint); }

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
    const auto envelope =
        wire::CreateFrameDirect(b, name_.c_str(), window_.stream(), f->seq, f->captured_at_ns, 0,
                                wire::Encoding::Jpeg, f->width, f->height, f->dropped_before);
    if (!connection_.send(finish_camera(b, window_.epoch(), envelope), f->body))
      return;
    window_.sent(now_ns);
  }
}

void camera::tick(std::uint64_t now_ns) {
  if (window_.hello_due(now_ns)) {
    auto& b = connection_.builder_;
    b.Clear();
    const auto hello =
        wire::CreateHelloDirect(b, name_.c_str(), window_.stream(), session_,
                                connection_.options_.client.c_str(), window_.cursor());
    if (connection_.send(finish_camera(b, window_.epoch(), hello), nullptr))
      window_.hello_said(now_ns);
  }
  send_frames(now_ns);
}

// -- connection

camera_connection::camera_connection(const connection_options& options)
    : options_(options), jitter_(static_cast<std::minstd_rand::result_type>(random_u64())) {
  if (options.zmq_context != nullptr)
    context_ = std::shared_ptr<void>(options.zmq_context, [](void*) {});
  socket_ = open_client_socket(context_, options.server, limits::camera_connection_hwm);
  watch_.emplace(context_.get(), socket_);
}

camera_connection::~camera_connection() {
  watch_.reset();
  zmq_close(socket_);
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

bool camera_connection::send(std::span<const std::uint8_t> envelope, const payload* body) {
  const auto part = [this](const void* data, std::size_t size, int flags) {
    int sent = -1;
    do
      sent = zmq_send(socket_, data, size, flags | ZMQ_DONTWAIT);
    while (sent < 0 && zmq_errno() == EINTR);
    return sent >= 0;
  };
  blocked_ = !part(envelope.data(), envelope.size(), body != nullptr ? ZMQ_SNDMORE : 0);
  if (blocked_ || body == nullptr)
    return !blocked_;
  auto* hold = new payload(*body);
  zmq_msg_t msg;
  auto* data = const_cast<std::byte*>(hold->bytes().data()); // libzmq only reads
  zmq_msg_init_data(&msg, data, hold->size_bytes(), release_payload, hold);
  int sent = -1;
  do
    sent = zmq_msg_send(&msg, socket_, ZMQ_DONTWAIT);
  while (sent < 0 && zmq_errno() == EINTR);
  if (sent < 0) // the connection went between the parts: libzmq drops the first one, too
    zmq_msg_close(&msg);
  return sent >= 0;
}

bool camera_connection::receive_one() {
  std::span<const std::byte> envelope;
  payload none;
  if (!receive_message(socket_, scratch_, envelope, none))
    return false;
  take(envelope);
  return true;
}

camera* camera_connection::find(const flatbuffers::String* name) {
  const auto known = cameras_.find(view(name));
  return known == cameras_.end() ? nullptr : known->second.get();
}

void camera_connection::take(std::span<const std::byte> envelope) {
  const auto* message = decode_camera(envelope);
  if (message == nullptr)
    return;
  const auto now_ns = boottime_ns();
  if (const auto* ack = message->body_as_Ack()) {
    if (auto* c = find(ack->camera()))
      c->window_.on_ack(message->epoch(), *ack, now_ns);
  } else if (const auto* welcome = message->body_as_Welcome()) {
    if (auto* c = find(welcome->camera()))
      c->window_.on_welcome(message->epoch(), *welcome, now_ns);
  } else if (const auto* refused = message->body_as_Refused()) {
    const auto jitter = std::uniform_real_distribution<double>(0, 1)(jitter_);
    if (auto* c = find(refused->camera()))
      c->window_.on_refused(message->epoch(), *refused, now_ns, jitter);
  }
}

void camera_connection::tick() {
  const auto now_ns = boottime_ns();
  for (auto& [name, c] : cameras_)
    c->tick(now_ns);
}

void camera_connection::poll(int timeout_ms, int also) {
  const auto now_ns = boottime_ns();
  auto until_ns = now_ns + static_cast<std::uint64_t>(std::max(timeout_ms, 0)) * ns_per_ms;
  if (!blocked_) // else nothing is due before the socket takes messages, which wakes the poll
    for (const auto& [name, c] : cameras_)
      until_ns = std::min(until_ns, c->window_.next_look_ns());
  const auto wait_ms = until_ns > now_ns ? (until_ns - now_ns + ns_per_ms - 1) / ns_per_ms : 0;
  const auto events = static_cast<short>(blocked_ ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
  if ((watch_->wait(events, static_cast<long>(wait_ms), also) & ZMQ_POLLOUT) != 0)
    blocked_ = false;
  if (watch_->connected())
    for (auto& [name, c] : cameras_)
      c->window_.on_connected(boottime_ns());
  // Bounded, so that a gateway that floods us can't hold up the camera.
  for (int i = 0; i < limits::messages_per_turn && receive_one(); ++i) {
  }
  tick();
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
    send(finish_camera(builder_, c->window_.epoch(), body), nullptr);
  }
}

} // namespace monopod
