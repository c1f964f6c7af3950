// The gateway's answers: it tells cameras where they stand and what is refused, and the node its
// status.
#include "actors/frames/gateway.hpp"
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "schemas/codec.hpp"

#include <algorithm>

namespace monopod {

std::uint32_t gateway::credit() const {
  const auto share = limits::frames_in_flight / std::max<std::size_t>(cameras_.size(), 1);
  return std::clamp(static_cast<std::uint32_t>(share), limits::credit_min, limits::credit_max);
}

std::size_t gateway::credit_bytes() const {
  return std::max<std::size_t>(limits::bytes_in_flight / std::max<std::size_t>(cameras_.size(), 1),
                               conf_.gateway.max_frame_bytes);
}

void gateway::welcome(const std::string& name, const camera& c) {
  if (!lead_.may_act())
    return; // it says Hello again
  builder_.Clear();
  const auto body =
      wire::CreateWelcomeDirect(builder_, name.c_str(), c.stream, c.cursor, credit(),
                                conf_.gateway.max_frame_bytes, conf_.node.c_str(), credit_bytes());
  cameras_link_->send(c.peer, finish_camera(builder_, lead_.epoch(), body));
}

void gateway::owe_ack(camera& c) {
  c.owes_ack = true;
  if (acks_scheduled_)
    return;
  acks_scheduled_ = true;
  at_turn_end([this] { send_acks(); });
}

// One cumulative acknowledgement per camera and turn. A camera that does not read loses some; the
// next one covers them.
void gateway::send_acks() {
  acks_scheduled_ = false;
  for (auto& [camera_name, c] : cameras_) {
    if (!c.owes_ack)
      continue;
    c.owes_ack = false;
    send_ack(camera_name, c);
  }
}

send_result gateway::send_ack(const std::string& camera_name, const camera& c) {
  if (!lead_.may_act())
    return tell_not_primary(c.peer, camera_name, c.stream);
  builder_.Clear();
  const auto body = wire::CreateAckDirect(builder_, camera_name.c_str(), c.stream, c.cursor,
                                          credit(), credit_bytes());
  return cameras_link_->send(c.peer, finish_camera(builder_, lead_.epoch(), body));
}

// This is not the camera's fault: it is neither logged nor counted.
send_result gateway::tell_not_primary(peer_id peer, std::string_view camera_name,
                                      std::uint64_t stream) {
  builder_.Clear();
  const auto name_offset = builder_.CreateString(camera_name);
  const auto body =
      wire::CreateRefused(builder_, name_offset, stream, 0, wire::RefuseReason::NotPrimary);
  return cameras_link_->send(peer, finish_camera(builder_, lead_.epoch(), body));
}

void gateway::refuse(peer_id peer, std::string_view camera_name, std::uint64_t stream,
                     std::uint64_t seq, wire::RefuseReason why, std::string_view detail) {
  refusals_[static_cast<std::size_t>(why)]->Increment();
  // Names are logged only when they are within the rules: a log is no place for a stranger's bytes.
  const auto shown = valid_name(camera_name) ? camera_name : std::string_view("?");
  log_limited(log_level::warn, this->name(), "refused",
              {{"camera", shown}, {"seq", seq}, {"reason", wire::EnumNameRefuseReason(why)}});
  builder_.Clear();
  const auto name_offset = builder_.CreateString(camera_name);
  const auto detail_offset = builder_.CreateString(detail);
  const auto body = wire::CreateRefused(builder_, name_offset, stream, seq, why, detail_offset);
  cameras_link_->send(peer, finish_camera(builder_, lead_.epoch(), body));
  if (why == wire::RefuseReason::Malformed)
    cameras_link_->blame(peer);
}

status_part gateway::make_status() const {
  auto part = std::make_shared<wire::StatusT>();
  for (const auto& [camera_name, c] : cameras_) {
    auto s = std::make_unique<wire::CameraStatusT>();
    s->name = camera_name;
    s->stream = c.stream;
    s->settled_seq = c.cursor;
    s->in_flight = static_cast<std::uint32_t>(c.in_flight.size());
    s->credit = credit();
    s->frames = c.frames;
    s->last_frame_age_ms = c.last_frame_ns == 0 ? 0 : (boottime_ns() - c.last_frame_ns) / ns_per_ms;
    part->cameras.push_back(std::move(s));
  }
  return part;
}

} // namespace monopod
