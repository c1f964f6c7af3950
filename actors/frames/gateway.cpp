#include "actors/frames/gateway.hpp"

#include "core/clock.hpp"
#include "core/credible.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "schemas/codec.hpp"
#include "schemas/frame_info.hpp"

#include <algorithm>

namespace monopod {

namespace {

using reason = wire::RefuseReason;

constexpr std::uint64_t attach_period_ns = ns_per_s;

} // namespace

gateway::gateway(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
                 const monopod::config& conf, metrics& metrics, authority lead)
    : stage(cfg, host), conf_(conf), metrics_(metrics), lead_(lead) {
  for (std::size_t i = 0; i < refusals_.size(); ++i)
    refusals_[i] = &metrics_.frames_refused(wire::EnumNameRefuseReason(static_cast<reason>(i)));
  cameras_link_ =
      &open_link(zmq_context,
                 {.profile = link_profile::camera,
                  .serve = true,
                  .endpoints = conf.gateway.listen,
                  .max_payload_bytes = conf.gateway.max_frame_bytes + limits::oversize_bytes,
                  .connections = limits::connections_per_camera * conf.gateway.max_cameras,
                  .connections_per_address = conf.gateway.connections_per_address,
                  .refused =
                      [this](std::string_view reason) {
                        metrics_.connections_refused("cameras", reason).Increment();
                      }},
                 [this](inbound& in) { on_camera_message(in); });
  broker_link_ = &open_link(zmq_context, {.endpoints = {conf.link.frames}},
                            [this](inbound& in) { on_broker_message(in); });
  metrics_.epoch.Set(static_cast<double>(lead_.epoch()));
}

gateway::behavior_type gateway::make_behavior() {
  metrics_.cameras.Set(0); // an earlier incarnation may have set it
  metrics_.frames_in_flight.Set(0);
  attach();
  every(attach_period_ns, [this] { attach(); });
  return {
      [this](status_atom) { return make_status(); },
      [this](ready_atom) { return broker_incarnation_ != 0; },
      [this](drain_atom) { draining_ = true; },
      [this](busy_atom) { return busy(); },
      [this](attach_atom) { attach(); },
      [](fail_atom) { fail_as_asked(); },
      [this](serve_atom, std::uint64_t epoch) { serve(epoch); },
  };
}

// Frames in flight belong to the cameras again. They are told at once: a new primary opens them
// all, as the broker's new incarnation says.
void gateway::serve(std::uint64_t epoch) {
  metrics_.epoch.Set(static_cast<double>(lead_.epoch()));
  unsent_.reset();
  for (auto& [camera_name, c] : cameras_) {
    c.open = c.replays = false;
    forget_in_flight(c, UINT64_MAX);
    if (epoch == 0)
      tell_not_primary(c.peer, camera_name, c.stream);
  }
  regulate_intake();
  if (epoch != 0)
    attach();
}

// -- from cameras

void gateway::on_camera_message(inbound& in) {
  // A peer that chose its own routing id can't be told from the one that had it before.
  if (in.peer == 0) {
    metrics_.malformed_messages.Increment();
    return;
  }
  const auto* message = in.well_formed ? decode_camera(in.envelope) : nullptr;
  if (message == nullptr) {
    metrics_.malformed_messages.Increment();
    refuse(in.peer, {}, 0, 0, reason::Malformed, "not a valid CameraMessage (schemas/camera.fbs)");
    return;
  }
  switch (message->body_type()) {
  case wire::CameraBody::Frame:
    on_frame(in.peer, *message->body_as_Frame(), in.body);
    break;
  case wire::CameraBody::Hello:
    on_hello(in.peer, *message->body_as_Hello());
    break;
  case wire::CameraBody::Bye:
    on_bye(in.peer, *message->body_as_Bye());
    break;
  default:
    refuse(in.peer, {}, 0, 0, reason::UnknownType, "a gateway takes Hello, Frame and Bye");
  }
}

void gateway::on_hello(peer_id peer, const wire::Hello& hello) {
  const auto name = hello.camera()->string_view();
  if (!valid_name(name)) {
    refuse(peer, {}, hello.stream(), 0, reason::BadName, name_rule);
    return;
  }
  if (hello.stream() > credible_stream(realtime_ns() / ns_per_ms)) {
    refuse(peer, name, hello.stream(), 0, reason::FromTheFuture,
           "the stream begins in the future: set the clocks of the camera and of this node");
    return;
  }
  if (hello.stream() == 0) {
    refuse(peer, name, 0, 0, reason::Malformed, "streams are numbered from 1");
    return;
  }
  if (draining_ || broker_incarnation_ == 0) {
    refuse(peer, name, hello.stream(), 0, reason::NotReady, draining_ ? "stopping" : "starting");
    return;
  }
  const auto known = find_or_add(peer, hello);
  if (known == cameras_.end())
    return;
  auto& c = known->second;
  cameras_link_->heard(peer);
  if (c.peer != peer)
    log_limited(
        log_level::info, this->name(), "camera connected",
        {{"camera", known->first}, {"stream", hello.stream()}, {"client", view(hello.client())}});
  c.peer = peer;
  c.session = hello.session();
  if (c.stream != hello.stream())
    c.promised = 0;
  c.stream = hello.stream();
  c.promised = std::max(c.promised, hello.acknowledged());
  c.open = false;
  if (lead_.serving() == 0)
    tell_not_primary(peer, name, c.stream);
  else
    send_open(known->first, c);
}

// The camera that says Hello; none if it was refused.
gateway::camera_map::iterator gateway::find_or_add(peer_id peer, const wire::Hello& hello) {
  const auto name = hello.camera()->string_view();
  auto known = cameras_.find(name);
  if (known != cameras_.end()) {
    if (may_take_over(known->first, known->second, peer, hello.session()))
      return known;
    refuse(peer, name, hello.stream(), 0, reason::NameTaken,
           "another live connection has this name");
    return cameras_.end();
  }
  const auto most = std::min<std::size_t>(conf_.gateway.max_cameras, limits::cameras);
  if (cameras_.size() >= most)
    remove_unreachable();
  if (left_.size() >= limits::cameras) {
    refuse(peer, name, hello.stream(), 0, reason::NotReady, "the broker is busy");
    return cameras_.end();
  }
  if (cameras_.size() >= most) {
    refuse(peer, name, hello.stream(), 0, reason::TooManyCameras, "raise gateway.max_cameras");
    return cameras_.end();
  }
  known = cameras_.try_emplace(std::string(name)).first;
  left_.erase(known->first);
  known->second.counter = &metrics_.camera_frames(known->first);
  metrics_.cameras.Set(static_cast<double>(cameras_.size()));
  return known;
}

// A name belongs to a connection for as long as that lives; the same client may return on a new
// one.
bool gateway::may_take_over(const std::string& camera_name, const camera& c, peer_id peer,
                            std::uint64_t session) {
  return c.peer == peer || c.session == session ||
         send_ack(camera_name, c) == send_result::unreachable;
}

std::optional<reason> gateway::check(const camera& c, const wire::Frame& frame,
                                     const payload& body) const {
  if (body.empty())
    return reason::Malformed;
  if (!known_encoding(frame.encoding()))
    return reason::UnknownEncoding;
  if (body.size_bytes() > conf_.gateway.max_frame_bytes)
    return reason::TooLarge;
  if (frame.captured_at_ns() > realtime_ns() + conf_.gateway.max_skew_ms * ns_per_ms)
    return reason::FromTheFuture;
  const bool full = bytes_in_flight_ + body.size_bytes() > limits::bytes_in_flight;
  if (c.in_flight.size() >= limits::credit_max ||
      (full && c.bytes_in_flight > 0 && c.bytes_in_flight + body.size_bytes() > credit_bytes()))
    return reason::OverCredit;
  return std::nullopt;
}

void gateway::on_frame(peer_id peer, const wire::Frame& frame, const payload& body) {
  const auto received_at_ns = realtime_ns();
  if (lead_.serving() == 0) {
    tell_not_primary(peer, view(frame.camera()), frame.stream());
    return;
  }
  const auto known = cameras_.find(frame.camera()->string_view());
  if (known == cameras_.end() || known->second.peer != peer ||
      known->second.stream != frame.stream() || !known->second.open) {
    refuse(peer, view(frame.camera()), frame.stream(), frame.seq(), reason::NotOpen,
           "say Hello first");
    return;
  }
  auto& c = known->second;
  if (frame.seq() > limits::number_max) {
    refuse(peer, known->first, frame.stream(), frame.seq(), reason::Malformed,
           "the sequence number is out of range");
    return;
  }
  if (frame.seq() <= c.cursor) {
    metrics_.frames_duplicate.Increment();
    owe_ack(c); // G4: a frame at or below the cursor is acknowledged again at once
    return;
  }
  if (!c.in_flight.empty() && frame.seq() <= c.in_flight.back().seq) {
    metrics_.frames_duplicate.Increment();
    return;
  }
  // The frame was on its way when the camera was told its cursor: it is sent again, in order.
  if (c.just_opened && frame.seq() - c.cursor - 1 > frame.dropped_before()) {
    metrics_.frames_duplicate.Increment();
    return;
  }
  if (const auto wrong = check(c, frame, body)) {
    refuse(peer, known->first, frame.stream(), frame.seq(), *wrong,
           wire::EnumNameRefuseReason(*wrong));
    return;
  }
  c.just_opened = c.replays = false;
  c.in_flight.push_back({frame.seq(), body.size_bytes()});
  ++frames_in_flight_;
  bytes_in_flight_ += body.size_bytes();
  c.bytes_in_flight += body.size_bytes();
  ++c.frames;
  c.last_frame_ns = host().turn_ns();
  c.counter->Increment();
  metrics_.frames_dropped_by_camera.Increment(frame.dropped_before());
  metrics_.latency.captured_to_gateway.Observe(
      seconds_between(frame.captured_at_ns(), received_at_ns));
  forward(frame, body, received_at_ns);
  regulate_intake();
}

void gateway::on_bye(peer_id peer, const wire::Bye& bye) {
  const auto known = cameras_.find(bye.camera()->string_view());
  if (known == cameras_.end() || known->second.peer != peer)
    return;
  log_limited(log_level::info, name(), "camera left", {{"camera", known->first}});
  remove(known);
}

// Its frames up to `seq` are not in flight any more.
void gateway::forget_in_flight(camera& c, std::uint64_t seq) {
  while (!c.in_flight.empty() && c.in_flight.front().seq <= seq) {
    const auto bytes = c.in_flight.front().bytes;
    MONOPOD_ENSURE(frames_in_flight_ > 0 && bytes_in_flight_ >= bytes,
                   "the sums hold each frame in flight");
    bytes_in_flight_ -= bytes;
    c.bytes_in_flight -= bytes;
    --frames_in_flight_;
    c.in_flight.pop_front();
  }
}

// A stage that was restarted while all stop leaves nothing in flight for a moment.
bool gateway::busy() const {
  return frames_in_flight_ > 0 ||
         std::ranges::any_of(cameras_, [](const auto& item) { return item.second.replays; });
}

void gateway::remove(camera_map::iterator at) {
  forget_in_flight(at->second, UINT64_MAX);
  metrics_.camera_frames.remove(*at->second.counter);
  left_.insert(at->first);
  cameras_.erase(at);
  tell_closed();
  metrics_.cameras.Set(static_cast<double>(cameras_.size()));
  regulate_intake();
}

// Cameras that vanished without a Bye make room; at most once a second, since each is asked.
void gateway::remove_unreachable() {
  if (swept_ns_ != 0 && host().turn_ns() - swept_ns_ < ns_per_s)
    return;
  swept_ns_ = host().turn_ns();
  for (auto at = cameras_.begin(); at != cameras_.end();) {
    const auto here = at++;
    if (send_ack(here->first, here->second) != send_result::unreachable)
      continue;
    log_limited(log_level::info, name(), "camera gone", {{"camera", here->first}});
    remove(here);
  }
}

// Stops reading from cameras while the pipeline is full; TCP then holds them back.
void gateway::regulate_intake() {
  metrics_.frames_in_flight.Set(static_cast<double>(frames_in_flight_));
  const bool room = !unsent_ && frames_in_flight_ < limits::frames_in_flight_max &&
                    bytes_in_flight_ < limits::bytes_in_flight_max;
  if (room == reading_)
    return;
  reading_ = room;
  cameras_link_->set_reading(room);
}

} // namespace monopod
