// Opening cameras: the ledger stage knows where they stand; and doing so again when it was
// restarted.
#include "actors/frames/broker.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"

#include <algorithm>

namespace monopod {

void broker::on_open(peer_id gateway, const wire::Open& open) {
  if (!valid_name(open.camera()->string_view())) {
    metrics_.malformed_messages.Increment();
    return;
  }
  const auto camera = open.camera()->str();
  // A camera that was started again: what it was promised of its earlier stream comes first. It
  // says Hello again.
  if (const auto* known = delivery_.find_camera(camera);
      known != nullptr && conf_.broker.ack == ack_mode::replicated && !known->frames.empty() &&
      known->stream < open.stream())
    return;
  // One question at a time, however often and with whatever streams a camera says Hello while the
  // ledger's disk is slow.
  const bool asked = opening_.contains(camera);
  opening_[camera] = {gateway, open.stream()};
  if (!asked)
    ask_ledger(camera, open.stream());
}

// What was on its way to the ledger stage that died is lost, and so is what was to come back: each
// camera stands where the ledger says, and sends again from there.
void broker::on_ledger(const ledger_actor& ledger) {
  ledger_ = ledger;
  for (const auto& [camera, r] : routes_)
    if (const auto* c = delivery_.find_camera(camera); c != nullptr)
      opening_.try_emplace(camera, opening{r.gateway, c->stream});
  for (const auto& [camera, o] : opening_) {
    delivery_.close(camera);
    ask_ledger(camera, o.stream);
  }
  ask_unfinished();
  for (const auto& [app, wants] : subscriptions_)
    send(ledger_, subscr_atom::value, app, std::optional(wants));
}

void broker::ask_ledger(const std::string& camera, std::uint64_t stream) {
  request(ledger_, caf::infinite, open_atom::value, camera, stream)
      .then([this, camera](const camera_standing& where) { on_opened(camera, where); },
            [this, camera](const caf::error& why) {
              if (why == caf::sec::request_receiver_down)
                return; // its successor is asked
              opening_.erase(camera);
              log_limited(log_level::warn, name(),
                          "camera not opened: the ledger's limit of cameras is reached",
                          {{"camera", camera}});
            });
}

void broker::on_opened(const std::string& camera, const camera_standing& where) {
  const auto asked = opening_.find(camera);
  if (asked == opening_.end())
    return; // answered already
  const auto& cursor = where.cursor;
  const bool earlier = cursor.stream < asked->second.stream;
  if (earlier && where.frames.empty()) { // has said Hello with a newer one meanwhile
    ask_ledger(camera, asked->second.stream);
    return;
  }
  delivery_.open(camera, cursor);
  auto& r = routes_[camera];
  if (asked->second.gateway != 0)
    r.gateway = asked->second.gateway;
  ahead_ -= r.acked_seq - r.committed_seq;
  r.committed_seq = r.acked_seq = cursor.settled_seq;
  r.taken_seq = 0;
  opening_.erase(asked);
  finish_taken(camera, where.frames);
  if (!earlier) // else it says Hello again
    owe_cursor(camera, true);
  update_cursor(camera); // of the same stream, frames may be in flight
}

// With `accepted` a frame that is here is acknowledged, with `replicated` one that all in sync
// have, as long as not too much depends on memory: what applications hold, and what the ledger's
// disk has not got.
void broker::update_cursor(const std::string& camera) {
  auto& r = routes_[camera];
  const auto before = r.acked_seq;
  ahead_ -= r.acked_seq - r.committed_seq;
  const auto& c = *delivery_.find_camera(camera);
  if (conf_.broker.ack != ack_mode::processed && ahead_ < limits::accepted_frames &&
      delivery_.bytes_in_flight() < limits::accepted_bytes)
    r.acked_seq = std::max(r.acked_seq, conf_.broker.ack == ack_mode::accepted
                                            ? c.last_seq
                                            : delivery::safe_to_forget(c, r.taken_seq));
  ahead_ += r.acked_seq - r.committed_seq;
  if (r.acked_seq > before)
    owe_cursor(camera, false);
}

void broker::on_committed(const std::string& camera, std::uint64_t settled_seq) {
  auto& r = routes_[camera];
  ahead_ -= r.acked_seq - r.committed_seq;
  r.committed_seq = std::max(r.committed_seq, settled_seq);
  if (r.acked_seq < r.committed_seq) {
    r.acked_seq = r.committed_seq;
    owe_cursor(camera, false);
  }
  ahead_ += r.acked_seq - r.committed_seq;
  update_cursor(camera);
}

} // namespace monopod
