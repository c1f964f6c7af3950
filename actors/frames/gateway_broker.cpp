// The gateway's conversation with the broker: frames go there, cursors return.
#include "actors/frames/gateway.hpp"
#include "core/limits.hpp"
#include "schemas/codec.hpp"
#include "schemas/frame_info.hpp"

#include <algorithm>

namespace monopod {

void gateway::attach() {
  builder_.Clear();
  const auto body = wire::CreateAttachDirect(builder_, conf_.node.c_str());
  broker_link_->send(0, finish_pipeline(builder_, lead_.epoch(), body));
  tell_closed();
}

void gateway::send_open(const std::string& name, const camera& c) {
  builder_.Clear();
  const auto body = wire::CreateOpenDirect(builder_, name.c_str(), c.stream);
  // A full link loses this message; the camera repeats its Hello until it is welcome.
  broker_link_->send(0, finish_pipeline(builder_, lead_.epoch(), body));
}

// Names for which the link has no room are told with the next Attach.
void gateway::tell_closed() {
  while (!left_.empty()) {
    builder_.Clear();
    const auto body = wire::CreateCloseDirect(builder_, left_.begin()->c_str());
    if (broker_link_->send(0, finish_pipeline(builder_, lead_.epoch(), body)) == send_result::full)
      return;
    left_.erase(left_.begin());
  }
}

void gateway::on_open_refused(const wire::OpenRefused& refused) {
  const auto known = cameras_.find(refused.camera()->string_view());
  if (known == cameras_.end() || known->second.open || known->second.stream != refused.stream())
    return; // answers an earlier Hello
  refuse(known->second.peer, known->first, refused.stream(), 0, wire::RefuseReason::TooManyCameras,
         "every camera that the node remembers is connected, or has frames or results that wait: "
         "stop one, or wait until the clouds have confirmed");
  remove(known);
}

void gateway::forward(const wire::Frame& frame, const payload& body, std::uint64_t received_at_ns) {
  auto info = read_frame(frame);
  info.received_at_ns = received_at_ns;
  builder_.Clear();
  const auto envelope = write_frame(builder_, view(frame.camera()), info);
  const auto bytes = finish_pipeline(builder_, lead_.epoch(), envelope);
  if (broker_link_->send(0, bytes, &body) == send_result::full) {
    unsent_.emplace(unsent_frame{{bytes.begin(), bytes.end()}, body});
    after(retry_ns, [this] { retry_unsent(); });
  }
}

void gateway::retry_unsent() {
  if (!unsent_)
    return; // serve() has let go of it since
  if (broker_link_->send(0, unsent_->envelope, &unsent_->body) == send_result::full) {
    after(retry_ns, [this] { retry_unsent(); });
    return;
  }
  unsent_.reset();
  regulate_intake();
}

void gateway::on_broker_message(inbound& in) {
  const auto* message = in.well_formed ? decode_pipeline(in.envelope) : nullptr;
  if (message == nullptr) {
    metrics_.malformed_messages.Increment();
    return;
  }
  if (const auto* settled = message->body_as_Settled()) {
    if (settled->cursors() != nullptr)
      for (const auto* cursor : *settled->cursors())
        on_settled(*cursor);
    regulate_intake();
  } else if (const auto* attached = message->body_as_Attached()) {
    on_attached(attached->incarnation());
  } else if (const auto* refused = message->body_as_OpenRefused()) {
    on_open_refused(*refused);
  } else {
    metrics_.malformed_messages.Increment();
  }
}

void gateway::on_attached(std::uint64_t incarnation) {
  if (incarnation == broker_incarnation_)
    return;
  log_info(name(), "attached to the broker", {{"cameras", cameras_.size()}});
  broker_incarnation_ = incarnation;
  for (auto& [camera_name, c] : cameras_) {
    c.open = false;
    send_open(camera_name, c);
  }
}

void gateway::on_settled(const wire::Cursor& cursor) {
  const auto known = cameras_.find(cursor.camera()->string_view());
  if (known == cameras_.end())
    return;
  auto& c = known->second;
  if (cursor.opened()) {
    on_opened(known->first, c, cursor);
    return;
  }
  if (!c.open || cursor.stream() != c.stream || cursor.seq() <= c.cursor)
    return;
  c.cursor = cursor.seq();
  c.promised = std::max(c.promised, c.cursor);
  forget_in_flight(c, c.cursor);
  owe_ack(c);
}

void gateway::on_opened(const std::string& name, camera& c, const wire::Cursor& cursor) {
  if (cursor.stream() > c.stream) {
    refuse(c.peer, name, cursor.stream(), 0, wire::RefuseReason::StaleStream,
           "a newer stream of this camera is known");
    return;
  }
  if (cursor.stream() < c.stream)
    return; // answers an earlier Hello
  // The camera sends again from its cursor; frames that the broker still has, it will call
  // duplicates.
  c.replays = !c.in_flight.empty() && c.in_flight.back().seq > cursor.seq();
  forget_in_flight(c, UINT64_MAX);
  c.cursor = cursor.seq();
  c.open = c.just_opened = true;
  count_lost(name, c);
  welcome(name, c);
}

// Counts frames that were acknowledged, and then lost with a node's memory: the camera does not
// have them any more, and says so in the next frame's dropped_before. With acknowledgement
// `processed` there are none.
void gateway::count_lost(const std::string& name, camera& c) {
  const auto lost = c.promised > c.cursor ? c.promised - c.cursor : 0;
  c.promised = c.cursor;
  if (lost == 0)
    return;
  if (lost > limits::accepted_frames + limits::credit_max) { // no gateway told it that
    metrics_.malformed_messages.Increment();
    return;
  }
  metrics_.frames_lost.Increment(static_cast<double>(lost));
  log_limited(log_level::warn, this->name(), "acknowledged frames were lost",
              {{"camera", name}, {"frames", lost}});
}

} // namespace monopod
