// How far cameras may forget their frames: the broker decides it, and tells them.
#include "actors/frames/broker.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "schemas/codec.hpp"

#include <algorithm>
#include <memory>

namespace monopod {

// With `accepted` a frame that is here is acknowledged, with `replicated` one that all in sync
// have, as long as not too much depends on memory: frames that applications hold, and ops that are
// not on the ledger's disk.
void broker::update_cursor(camera_record& c) {
  MONOPOD_ENSURE(c.at_delivery != nullptr, "a camera with a cursor is open");
  MONOPOD_ENSURE(c.committed_seq <= c.acked_seq && c.ahead() <= ahead_,
                 "what is acknowledged is committed, or counted as ahead of that");
  const auto before = c.acked_seq;
  ahead_ -= c.ahead();
  if (conf_.broker.ack != ack_mode::processed && ahead_ < limits::accepted_frames &&
      delivery_.bytes_in_flight() < limits::accepted_bytes)
    c.acked_seq =
        std::max(c.acked_seq, conf_.broker.ack == ack_mode::accepted
                                  ? c.at_delivery->last_seq
                                  : delivery::safe_to_forget(*c.at_delivery, c.taken_seq));
  ahead_ += c.ahead();
  if (c.acked_seq > before)
    owe_cursor(c, false);
}

void broker::on_committed(std::string_view name, std::uint64_t stream, std::uint64_t settled_seq) {
  auto* c = find_open(name);
  if (c == nullptr || c->at_delivery->stream != stream)
    return;
  ahead_ -= c->ahead();
  c->committed_seq = std::max(c->committed_seq, settled_seq);
  if (c->acked_seq < c->committed_seq) {
    c->acked_seq = c->committed_seq;
    owe_cursor(*c, false);
  }
  ahead_ += c->ahead();
  update_cursor(*c);
  close_if_idle(*c);
}

void broker::owe_cursor(camera_record& c, bool opened) {
  c.cursor_owed = true;
  c.opened = c.opened || opened;
  if (cursors_scheduled_)
    return;
  cursors_scheduled_ = true;
  at_turn_end([this] { send_cursors(); });
}

// Sends all cursors that moved in this turn, in one message for each gateway.
void broker::send_cursors() {
  cursors_scheduled_ = false;
  std::map<peer_id, wire::SettledT> messages;
  for (auto& [name, c] : cameras_) {
    if (!c.cursor_owed || c.gateway == 0) // its camera is away
      continue;
    auto cursor = std::make_unique<wire::CursorT>();
    cursor->camera = name;
    cursor->stream = c.at_delivery->stream;
    cursor->seq = c.acked_seq;
    cursor->opened = c.opened;
    c.cursor_owed = c.opened = false;
    messages[c.gateway].cursors.push_back(std::move(cursor));
  }
  for (const auto& [gateway, message] : messages) {
    builder_.Clear();
    const auto body = wire::CreateSettled(builder_, &message);
    if (frames_link_->send(gateway, finish_pipeline(builder_, lead_.epoch(), body)) ==
        send_result::full)
      for (const auto& cursor : message.cursors) // the next turn tries again
        if (auto* c = find_open(cursor->camera))
          owe_cursor(*c, cursor->opened);
  }
}

} // namespace monopod
