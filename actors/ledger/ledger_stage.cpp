#include "actors/ledger/ledger_stage.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

ledger_stage::ledger_stage(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
                           const monopod::config& conf, metrics& metrics, node_replica& lent)
    : stage(cfg, host), metrics_(metrics), replica_(lent), ledger_(lent.state()),
      incarnation_(random_u64()), cameras_(lent.state()) {
  for (const auto& [cloud_name, c] : conf.cloud) {
    auto& state = clouds_[cloud_name];
    state.waiting = &metrics.outbox(cloud_name);
    state.dropped = &metrics.outbox_dropped(cloud_name);
    state.level = &metrics.outbox_level(cloud_name);
    metrics.outbox_limit(cloud_name).Set(c.outbox_entries);
    if (c.image != image_mode::none)
      state.pictures_dropped = &metrics.pictures_dropped(cloud_name, "busy");
    state.turns = outbox_turns(c.fresh_share);
    state.alarm = outbox_alarm(c.outbox_entries);
    state.alarm.update(0, ledger_.dropped(cloud_name)); // those were counted before
    if (c.full == outbox_full::block)
      state.hold_above = c.outbox_entries / 4 * 3;
  }
  results_link_ = &open_link(zmq_context, {.serve = true, .endpoints = {conf.link.results}},
                             [this](inbound& in) { on_cloud_stage_message(in); });
}

ledger_stage::behavior_type ledger_stage::make_behavior() {
  replica_.on_ready([this] { run([this] { settle(); }); });
  return {
      [this](status_atom) { return make_status(); },
      [this](ready_atom) { return replica_.disk_problem().empty(); },
      [](drain_atom) {},
      [this](busy_atom) {
        return replica_.serving() != 0 && (replica_.pending() > 0 || outbox_busy());
      },
      [](attach_atom) {}, // nobody serves it
      [](fail_atom) { fail_as_asked(); },
      [this](serve_atom, std::uint64_t) { serve(); },
      [this](open_atom, const std::string& camera, std::uint64_t stream) {
        return open(camera, stream);
      },
      [this](close_atom, const std::string& camera) { cameras_.close(camera); },
      [this](forget_atom, const std::string& camera) { return forget(camera); },
      [this](taken_atom) { return unfinished(); },
      [this](append_atom, const unsealed_op_message& op) { append_frame(std::move(*op)); },
      [this](subscr_atom, const std::string& app, const std::optional<subscription>& wants) {
        return subscribe(app, wants);
      },
  };
}

void ledger_stage::on_exit() {
  replica_.on_ready(nullptr);
  destroy(broker_);
  opening_.clear(); // the broker asks this one's successor
  for (auto& s : std::exchange(subscribing_, {}))
    s.answer.deliver(false);
  forgetting_.clear();
  stage::on_exit();
}

// Forgets the entries and answers on their way to clouds and broker.
void ledger_stage::serve() {
  end_waiting();
  held_.clear();
  pictures_.clear();
  for (auto& [cloud_name, c] : clouds_) {
    c.in_flight = 0;
    c.turns.start_again(ledger_.next_index() - 1);
    send_entries(cloud_name, c);
  }
}

// -- ops

void ledger_stage::append_frame(unsealed_op op) {
  if (caf::actor_cast<caf::actor_control_block*>(broker_) != current_sender().get())
    broker_ = caf::actor_cast<broker_actor>(current_sender()); // the first one, or a restarted one
  if (!op.picture().empty())
    count_dropped_pictures(pictures_.keep(replica_.next_index(), op.picture()));
  if (replica_.append(std::move(op).seal(replica_.next_index(), replica_.epoch(), realtime_ns()),
                      true))
    settle();
}

ledger_stage::promise<bool> ledger_stage::subscribe(const std::string& app,
                                                    const std::optional<subscription>& wants) {
  auto answer = make_response_promise<bool>();
  const auto known = ledger_.subscriptions().find(app);
  // A restarted ledger stage is told what its predecessor may have missed.
  const bool same = wants && known != ledger_.subscriptions().end() && known->second == *wants;
  if (same || replica_.serving() == 0) {
    answer.deliver(same);
    return answer;
  }
  subscribing_.push_back({replica_.next_index(), answer}); // else end_waiting() answers
  builder_.Clear();
  if (wants)
    append(write_subscription(builder_, app, *wants), true);
  else
    append(wire::CreateUnsubscribedDirect(builder_, app.c_str()), true);
  return answer;
}

void ledger_stage::on_subscription(std::uint64_t index) {
  if (subscribing_.empty() || subscribing_.front().index != index)
    return; // a ledger stage before this one was told
  subscribing_.front().answer.deliver(true);
  subscribing_.pop_front();
}

void ledger_stage::settle() {
  replica_.settle([this](const wire::Op& op, apply_result result) { on_committed(op, result); });
}

void ledger_stage::on_committed(const wire::Op& op, apply_result result) {
  switch (op.body_type()) {
  case wire::OpBody::Finished:
    on_finished(op.index(), *op.body_as_Finished(), result);
    break;
  case wire::OpBody::FrameTaken:
    on_frame_taken(*op.body_as_FrameTaken()->frame());
    break;
  case wire::OpBody::StreamOpened:
    on_stream_opened(op.index(), op.body_as_StreamOpened()->camera()->str());
    break;
  case wire::OpBody::CameraForgotten:
    on_camera_forgotten(op.index(), op.body_as_CameraForgotten()->camera()->str(), result);
    break;
  case wire::OpBody::CloudAcked:
    on_cloud_acked(*op.body_as_CloudAcked());
    break;
  case wire::OpBody::Subscription:
  case wire::OpBody::Unsubscribed:
    on_subscription(op.index());
    break;
  case wire::OpBody::NONE:
    break;
  }
}

// Tells the broker even if the frame was in the ledger already, because it may not know. A frame
// that found no room is acknowledged when it is finished.
void ledger_stage::on_frame_taken(const wire::Frame& frame) {
  const auto* there = ledger_.taken().of(frame.camera()->string_view());
  if (there != nullptr && there->back().seq >= frame.seq() && broker_ && !must_hold())
    send(broker_, taken_atom::value, frame.camera()->str(), frame.stream(), frame.seq());
}

void ledger_stage::on_finished(std::uint64_t index, const wire::Finished& finished,
                               apply_result result) {
  if (result == apply_result::applied && finished.inference() != nullptr) {
    for (auto& [cloud_name, c] : clouds_)
      send_entries(cloud_name, c);
    send_picture(index);
    metrics_.latency.app_to_commit.Observe(
        seconds_between(finished.finished_at_ns(), finished.committed_at_ns()));
  }
  // Even if the op changed nothing: the camera may be behind (G4).
  if (const auto* camera = ledger_.camera(finished.camera()->string_view());
      camera != nullptr && camera->stream == finished.stream())
    tell_broker(finished.camera()->str(), *camera);
}

// Only now may the next entry go: so the window bounds the confirmations that are not on disk yet.
void ledger_stage::on_cloud_acked(const wire::CloudAcked& acked) {
  const auto known = clouds_.find(acked.cloud()->string_view());
  if (known == clouds_.end())
    return;
  auto& c = known->second;
  if (c.in_flight > 0) // also for an entry that the limit has dropped meanwhile
    --c.in_flight;
  send_entries(known->first, c);
  release_held();
}

// The camera's acknowledgement follows. It waits while a connected cloud falls behind so far that
// results would be dropped: then the camera's window fills, and the camera decides.
void ledger_stage::tell_broker(const std::string& camera, const camera_cursor& cursor) {
  if (must_hold())
    held_.insert(camera);
  else if (broker_) // a ledger stage that was restarted meets it with the next frame
    send(broker_, commit_atom::value, camera, cursor.stream, cursor.settled_seq);
}

bool ledger_stage::must_hold() const {
  return std::ranges::any_of(clouds_, [this](const auto& item) {
    return item.second.connected && ledger_.waiting(item.first) > item.second.hold_above;
  });
}

void ledger_stage::release_held() {
  if (held_.empty() || must_hold() || !broker_)
    return;
  for (const auto& camera : std::exchange(held_, {}))
    if (const auto* cursor = ledger_.camera(camera))
      tell_broker(camera, *cursor);
}

// -- outbox

void ledger_stage::on_cloud_stage_message(inbound& in) {
  const auto* message = in.well_formed && in.peer != 0 ? decode_outbox(in.envelope) : nullptr;
  if (message == nullptr) {
    metrics_.malformed_messages.Increment();
    results_link_->blame(in.peer);
    return;
  }
  results_link_->heard(in.peer);
  if (const auto* published = message->body_as_Published())
    on_published(in.peer, *published);
  else if (const auto* attach = message->body_as_CloudAttach())
    on_attach(in.peer, *attach);
  else
    metrics_.malformed_messages.Increment();
}

void ledger_stage::on_attach(peer_id peer, const wire::CloudAttach& attach) {
  for (const auto* w : *attach.clouds()) {
    const auto known = clouds_.find(w->cloud()->string_view());
    if (known == clouds_.end()) {
      log_limited(log_level::warn, name(),
                  "a cloud stage serves a cloud that this node does not know",
                  {{"cloud", w->cloud()->string_view()}});
      continue;
    }
    auto& c = known->second;
    const bool fresh =
        c.peer != peer || c.connected != w->connected() || c.connection != w->connection();
    c.peer = peer;
    c.connected = w->connected();
    c.connection = w->connection();
    c.window = std::min(w->in_flight(), limits::cloud_in_flight_max);
    if (fresh) { // the entries in flight are unknown: all unconfirmed ones go again, with the same
                 // keys
      c.in_flight = 0;
      c.turns.start_again(ledger_.next_index() - 1);
    }
    send_entries(known->first, c);
  }
  release_held();
  builder_.Clear();
  results_link_->send(peer, finish_outbox(builder_, replica_.epoch(),
                                          wire::CreateCloudAttached(builder_, incarnation_)));
  builder_.Clear();
}

void ledger_stage::send_entries(const std::string& cloud_name, cloud& c) {
  while (replica_.serving() != 0 && c.peer != 0 && c.connected && c.in_flight < c.window) {
    const auto* entry = c.turns.next(ledger_, cloud_name);
    if (entry == nullptr)
      break;
    builder_.Clear();
    const bool more = ledger_.waiting(cloud_name) > c.in_flight + std::size_t{1};
    const auto body = wire::CreateEntryDirect(builder_, cloud_name.c_str(), entry->index, more);
    const auto encoded = finish_outbox(builder_, replica_.epoch(), body);
    const payload op(entry->bytes, std::as_bytes(std::span(*entry->bytes)));
    const auto result = results_link_->send(c.peer, encoded, &op);
    if (result == send_result::unreachable)
      c.peer = 0; // it attaches again
    if (result == send_result::full && !retry_scheduled_) {
      retry_scheduled_ = true;
      after(retry_ns, [this] {
        retry_scheduled_ = false;
        for (auto& [n, state] : clouds_)
          send_entries(n, state);
      });
    }
    if (result != send_result::sent)
      break;
    c.turns.sent(entry->index);
    ++c.in_flight;
  }
  builder_.Clear();
  show_outbox(cloud_name, c);
}

// -- pictures

void ledger_stage::count_dropped_pictures(std::size_t dropped) {
  for (const auto& [cloud_name, c] : clouds_)
    if (c.pictures_dropped != nullptr)
      c.pictures_dropped->Increment(static_cast<double>(dropped));
}

// Goes once to each cloud stage with clouds that get pictures, which keeps it even while they are
// away. A picture that does not get there is gone.
void ledger_stage::send_picture(std::uint64_t index) {
  const auto jpeg = pictures_.take(index);
  if (jpeg.empty())
    return;
  std::map<peer_id, bool> sent;
  for (const auto& [cloud_name, c] : clouds_) {
    const auto* entry =
        c.pictures_dropped == nullptr ? nullptr : ledger_.next_entry(cloud_name, index - 1);
    if (entry == nullptr || entry->index != index)
      continue;
    const auto [to, first] = sent.try_emplace(c.peer, false);
    if (first)
      to->second = send_picture_to(c.peer, *entry->bytes, jpeg);
    if (!to->second)
      c.pictures_dropped->Increment();
  }
}

bool ledger_stage::send_picture_to(peer_id peer, std::span<const std::uint8_t> op,
                                   const payload& jpeg) {
  constexpr std::size_t around_bytes = 256; // the envelope without the op
  if (peer == 0 || op.size() + around_bytes > limits::envelope_bytes)
    return false;
  builder_.Clear();
  const auto bytes = builder_.CreateVector(op.data(), op.size());
  const auto encoded =
      finish_outbox(builder_, replica_.epoch(), wire::CreatePicture(builder_, bytes));
  return results_link_->send(peer, encoded, &jpeg) == send_result::sent;
}

void ledger_stage::on_published(peer_id peer, const wire::Published& published) {
  const auto known = clouds_.find(published.cloud()->string_view());
  if (known == clouds_.end() || known->second.peer != peer) {
    metrics_.malformed_messages.Increment();
    return;
  }
  if (replica_.serving() == 0)
    return; // the node that serves next publishes it again, with the same key
  // Only entries beyond a full window wait for it: if it is lost, the entry is published again with
  // the same key.
  const bool urgent = known->second.in_flight >= known->second.window;
  builder_.Clear();
  append(wire::CreateCloudAckedDirect(builder_, known->first.c_str(), published.entry()), urgent);
}

void ledger_stage::show_outbox(const std::string& cloud_name, cloud& c) {
  const auto entries = ledger_.waiting(cloud_name);
  c.waiting->Set(static_cast<double>(entries));
  const auto dropped = ledger_.dropped(cloud_name);
  if (dropped > c.alarm.dropped()) {
    c.dropped->Increment(static_cast<double>(dropped - c.alarm.dropped()));
    log_limited(log_level::error, name(), "outbox full: the oldest results are dropped",
                {{"cloud", cloud_name}, {"dropped", dropped}});
  }
  if (!c.alarm.update(entries, dropped))
    return;
  c.level->Set(static_cast<double>(c.alarm.level()));
  const bool calm = c.alarm.level() == outbox_level::ok;
  log_limited(calm ? log_level::info : log_level::warn, name(), "outbox",
              {{"cloud", cloud_name},
               {"level", word_of(c.alarm.level())},
               {"waiting", entries},
               {"limit", c.alarm.limit()}});
}

// Entries of a cloud that is away do not hold up a stop.
bool ledger_stage::outbox_busy() const {
  return std::ranges::any_of(clouds_, [this](const auto& item) {
    return item.second.connected && ledger_.waiting(item.first) > 0;
  });
}

status_part ledger_stage::make_status() const {
  auto part = std::make_shared<wire::StatusT>();
  for (const auto& [cloud_name, c] : clouds_) {
    auto s = std::make_unique<wire::OutboxStatusT>();
    s->cloud = cloud_name;
    s->waiting = static_cast<std::uint32_t>(ledger_.waiting(cloud_name));
    s->dropped = ledger_.dropped(cloud_name);
    s->limit = static_cast<std::uint32_t>(c.alarm.limit());
    s->level = word_of(c.alarm.level());
    s->draining = c.connected && c.turns.draining();
    part->outbox.push_back(std::move(s));
  }
  if (auto problem = replica_.disk_problem(); !problem.empty())
    part->problems.push_back(std::move(problem));
  return part;
}

} // namespace monopod
