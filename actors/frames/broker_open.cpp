// Opening cameras: the ledger stage knows where they stand. They are opened again when it was
// restarted.
#include "actors/frames/broker.hpp"
#include "core/ensure.hpp"
#include "core/names.hpp"

namespace monopod {

broker::camera_record& broker::find_or_add(std::string_view name) {
  auto known = cameras_.find(name);
  if (known == cameras_.end()) {
    known = cameras_.try_emplace(std::string(name)).first;
    known->second.name = name;
  }
  return known->second;
}

broker::camera_record* broker::find_open(std::string_view name) {
  const auto known = cameras_.find(name);
  return known == cameras_.end() || known->second.at_delivery == nullptr ? nullptr : &known->second;
}

void broker::on_open(peer_id gateway, const wire::Open& open) {
  if (!valid_name(open.camera()->string_view())) {
    metrics_.malformed_messages.Increment();
    return;
  }
  auto& c = find_or_add(open.camera()->string_view());
  // The camera was started again: frames of its earlier stream that it was promised are finished
  // first. It says Hello again.
  if (const auto* here = c.at_delivery; here != nullptr &&
                                        conf_.broker.ack == ack_mode::replicated &&
                                        !here->frames.empty() && here->stream < open.stream())
    return;
  // One question at a time, however often and with whatever streams a camera says Hello while the
  // ledger's disk is slow.
  const bool asked = c.asked.has_value();
  c.asked = opening{gateway, open.stream()};
  if (!asked)
    ask_ledger(c);
}

// Messages on their way to the ledger stage that died are lost, and so are its answers: each camera
// stands where the ledger says, and sends again from there.
void broker::on_ledger(const ledger_actor& ledger) {
  ledger_ = ledger;
  for (auto& [name, c] : cameras_) {
    if (c.at_delivery != nullptr) {
      if (!c.asked)
        c.asked = opening{c.gateway, c.at_delivery->stream};
      delivery_.close(*c.at_delivery);
    }
    ask_ledger(c);
  }
  ask_unfinished();
  for (const auto& [app, wants] : subscriptions_)
    send(ledger_, subscr_atom::value, app, std::optional(wants));
}

void broker::ask_ledger(const camera_record& c) {
  MONOPOD_ENSURE(c.asked.has_value(), "a camera is open, or asked for");
  request(ledger_, caf::infinite, open_atom::value, c.name, c.asked->stream)
      .then([this, name = c.name](const camera_standing& where) { on_opened(name, where); },
            [this, name = c.name](const caf::error& why) {
              if (why == caf::sec::request_receiver_down)
                return; // its successor is asked
              if (auto* open = find_open(name))
                open->asked.reset();
              else
                cameras_.erase(name);
              log_limited(log_level::warn, this->name(),
                          "camera not opened: the ledger's limit of cameras is reached",
                          {{"camera", name}});
            });
}

void broker::on_opened(const std::string& name, const camera_standing& where) {
  const auto known = cameras_.find(name);
  if (known == cameras_.end() || !known->second.asked)
    return; // answered already
  auto& c = known->second;
  const auto& cursor = where.cursor;
  const bool earlier = cursor.stream < c.asked->stream;
  if (earlier && where.frames.empty()) { // has said Hello with a newer one meanwhile
    ask_ledger(c);
    return;
  }
  c.at_delivery = &delivery_.open(name, cursor);
  if (c.asked->gateway != 0)
    c.gateway = c.asked->gateway;
  c.asked.reset();
  ahead_ -= c.ahead();
  c.committed_seq = c.acked_seq = cursor.settled_seq;
  c.taken_seq = 0;
  finish_taken(c, where.frames);
  if (!earlier) // else it says Hello again
    owe_cursor(c, true);
  update_cursor(c); // frames of the same stream may be in flight
}

} // namespace monopod
