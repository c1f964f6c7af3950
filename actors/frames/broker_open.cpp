// Opening and closing cameras: the ledger stage knows where they stand. They are opened again when
// it was restarted.
#include "actors/frames/broker.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"

#include <algorithm>

namespace monopod {

namespace {

// Sweeps, one a second, without a message from a gateway, which sends an Attach in each.
constexpr std::uint32_t gateway_silence_s = 5;

} // namespace

// Null if there is no room for a further one.
broker::camera_record* broker::find_or_add(std::string_view name) {
  auto known = cameras_.find(name);
  if (known == cameras_.end()) {
    if (cameras_.size() >= limits::broker_cameras && !close_one_that_left())
      return nullptr;
    known = cameras_.try_emplace(std::string(name)).first;
    known->second.name = name;
  }
  return &known->second;
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
  auto* found = find_or_add(open.camera()->string_view());
  if (found == nullptr) {
    refuse_open(gateway, open.camera()->str(), open.stream());
    return;
  }
  auto& c = *found;
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
  ask_unfinished();
  for (auto& [name, c] : cameras_) {
    if (c.at_delivery != nullptr) {
      if (!c.asked)
        c.asked = opening{c.gateway, c.at_delivery->stream};
      delivery_.close(*c.at_delivery);
    }
    ask_ledger(c);
  }
  for (const auto& [app, wants] : subscriptions_)
    tell_ledger(app, wants);
}

void broker::ask_ledger(const camera_record& c) {
  MONOPOD_ENSURE(c.asked.has_value(), "a camera is open, or asked for");
  request(ledger_, caf::infinite, open_atom::value, c.name, c.asked->stream)
      .then([this, name = c.name](const camera_position& where) { on_opened(name, where); },
            [this, name = c.name](const caf::error& why) {
              if (why == caf::sec::request_receiver_down)
                return; // its successor is asked
              const auto known = cameras_.find(name);
              if (known == cameras_.end() || !known->second.asked)
                return;
              if (close_one_that_left()) {
                ask_ledger(known->second);
                return;
              }
              const auto refused = *known->second.asked;
              if (known->second.at_delivery == nullptr)
                cameras_.erase(known);
              else
                known->second.asked.reset();
              refuse_open(refused.gateway, name, refused.stream);
            });
}

void broker::refuse_open(peer_id gateway, const std::string& camera, std::uint64_t stream) {
  builder_.Clear();
  const auto body = wire::CreateOpenRefusedDirect(builder_, camera.c_str(), stream);
  frames_link_->send(gateway, finish_pipeline(builder_, lead_.epoch(), body));
}

// A camera that has left still has its frames finished; then the broker drops it, and the ledger
// may forget it. If frames of such cameras fill memory, those that were not acknowledged are given
// up: the gateway does not count the frames of a camera that it no longer knows.
void broker::on_close(peer_id gateway, std::string_view name) {
  const auto known = cameras_.find(name);
  if (known == cameras_.end())
    return;
  auto& c = known->second;
  if (c.asked && c.asked->gateway == gateway)
    c.asked->gateway = 0;
  if (c.gateway == gateway)
    c.gateway = 0;
  const bool full = delivery_.frames_in_flight() > limits::frames_in_flight_max ||
                    delivery_.bytes_in_flight() > limits::bytes_in_flight_max;
  const bool promised = c.ahead() > 0 || c.taking_seq > c.committed_seq;
  if (!full || c.asked || c.at_delivery == nullptr || c.gateway != 0 || promised) {
    close_if_idle(c);
    return;
  }
  const auto frames = c.at_delivery->frames.size();
  metrics_.frames_given_up.Increment(static_cast<double>(frames));
  log_limited(log_level::warn, this->name(),
              "frames of a camera that left are given up: applications are too slow",
              {{"camera", name}, {"frames", frames}});
  drop(known);
}

// A frame that is not in the ledger yet keeps the camera, since its cursor would be too low if it
// were opened again.
void broker::close_if_idle(camera_record& c) {
  if (c.has_left() && delivery_.idle(*c.at_delivery))
    drop(cameras_.find(c.name));
}

// Frames that wait for applications without holding anything up do not keep a camera that has left
// when others need its place.
bool broker::close_one_that_left() {
  const auto at =
      std::ranges::find_if(cameras_, [](const auto& item) { return item.second.has_left(); });
  if (at == cameras_.end())
    return false;
  drop(at);
  return true;
}

void broker::drop(camera_map::iterator at) {
  ahead_ -= at->second.ahead();
  delivery_.remove(*at->second.at_delivery);
  send(ledger_, close_atom::value, at->first);
  cameras_.erase(at);
}

// A gateway that died closes nothing. Its silence is counted as that of an application.
void broker::forget_silent_gateways() {
  for (auto& [peer, silent_s] : gateways_)
    ++silent_s;
  const auto silent = [this](peer_id peer) {
    const auto known = gateways_.find(peer);
    return known != gateways_.end() && known->second > gateway_silence_s;
  };
  for (auto at = cameras_.begin(); at != cameras_.end();) {
    auto& c = (at++)->second;
    if (c.asked && silent(c.asked->gateway))
      c.asked->gateway = 0;
    if (silent(c.gateway))
      c.gateway = 0;
    close_if_idle(c);
  }
  if (std::erase_if(gateways_, [&](const auto& item) { return silent(item.first); }) > 0)
    incarnation_ = random_u64(); // a gateway that is alive all the same opens its cameras again
}

void broker::on_opened(const std::string& name, const camera_position& where) {
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
  c.taken_seq = c.taking_seq = 0;
  finish_taken(c, where.frames);
  if (!earlier) // else it says Hello again
    owe_cursor(c, true);
  update_cursor(c); // frames of the same stream may be in flight
  close_if_idle(c); // the camera may have left meanwhile
}

} // namespace monopod
