#include "actors/frames/broker.hpp"

#include "core/clock.hpp"
#include "core/config/setting_words.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"
#include "schemas/frame_info.hpp"

#include <algorithm>

namespace monopod {

namespace {

constexpr std::uint64_t sweep_period_ns = ns_per_s; // app_peer::silent_s counts them

subscription wants_of(const wire::Subscribe& s) {
  // Cameras' clocks and timers are not exact: a frame that arrives a little early is not too fast.
  constexpr double tolerance = 0.9;
  subscription wants;
  for (const auto* p : *s.cameras())
    wants.patterns.push_back(p->str());
  wants.policy = s.policy();
  wants.bound = s.bound();
  wants.max_age_ns = s.max_age_ms() * ns_per_ms;
  if (s.max_fps() > 0.001F) // also false for a NaN
    wants.min_interval_ns = static_cast<std::uint64_t>(tolerance * 1e9 / s.max_fps());
  return wants;
}

} // namespace

broker::broker(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
               const monopod::config& conf, metrics& metrics, ledger_actor ledger,
               subscription_book& subscriptions, authority lead)
    : stage(cfg, host), conf_(conf), metrics_(metrics), ledger_(std::move(ledger)),
      subscriptions_(subscriptions), delivery_(wants_images(conf)), lead_(lead),
      incarnation_(random_u64()) {
  zones_.configure(conf.camera);
  subscribe_known();
  for (std::size_t i = 0; i < refusals_.size(); ++i)
    refusals_[i] = &metrics_.results_refused(
        wire::EnumNameAppRefuseReason(static_cast<wire::AppRefuseReason>(i)));
  frames_link_ = &open_link(
      zmq_context,
      {.serve = true, .endpoints = {conf.link.frames}, .max_payload_bytes = limits::frame_bytes},
      [this](inbound& in) { on_gateway_message(in); });
  auto app_endpoints = conf.broker.listen;
  app_endpoints.insert(app_endpoints.begin(), conf.link.apps);
  apps_link_ = &open_link(zmq_context,
                          {.profile = link_profile::app,
                           .serve = true,
                           .endpoints = app_endpoints,
                           .refused =
                               [this](std::string_view reason) {
                                 metrics_.connections_refused("apps", reason).Increment();
                               }},
                          [this](inbound& in) { on_app_message(in); });
}

broker::behavior_type broker::make_behavior() {
  ask_unfinished();
  every(sweep_period_ns, [this] {
    forget_silent_apps();
    forget_silent_gateways();
  });
  return {
      [this](status_atom) { return make_status(); },
      [](ready_atom) { return true; },
      [](drain_atom) {}, // frames stop arriving when the gateway takes nothing more
      [this](busy_atom) { return delivery_.frames_in_flight() > 0; },
      [](attach_atom) {}, // the ledger stage's handle arrives in a message of its own
      [](fail_atom) { fail_as_asked(); },
      [this](serve_atom, std::uint64_t epoch) { serve(epoch); },
      [this](forget_atom, const std::string& app) { return forget_app_as_asked(app); },
      [this](attach_atom, const ledger_actor& ledger) { on_ledger(ledger); },
      [this](commit_atom, const std::string& camera, std::uint64_t stream,
             std::uint64_t settled_seq) { on_committed(camera, stream, settled_seq); },
      [this](taken_atom, const std::string& camera, std::uint64_t stream, std::uint64_t seq) {
        on_taken(camera, stream, seq);
      },
      [this](reload_atom) { zones_.configure(conf_.camera); },
  };
}

// -- gateways

void broker::on_gateway_message(inbound& in) {
  const auto* message = in.well_formed && in.peer != 0 ? decode_pipeline(in.envelope) : nullptr;
  if (message == nullptr) {
    metrics_.malformed_messages.Increment();
    frames_link_->blame(in.peer);
    return;
  }
  frames_link_->heard(in.peer);
  if (const auto* frame = message->body_as_Frame()) {
    on_frame(in.peer, *frame, in.body);
  } else if (const auto* open = message->body_as_Open()) {
    on_open(in.peer, *open);
  } else if (const auto* close = message->body_as_Close()) {
    on_close(in.peer, close->camera()->string_view());
  } else if (message->body_as_Attach() != nullptr) {
    gateways_[in.peer] = 0;
    builder_.Clear();
    frames_link_->send(in.peer, finish_pipeline(builder_, lead_.epoch(),
                                                wire::CreateAttached(builder_, incarnation_)));
  } else {
    metrics_.malformed_messages.Increment();
  }
}

void broker::on_frame(peer_id gateway, const wire::Frame& frame, const payload& body) {
  auto* c = find_open(frame.camera()->string_view());
  const auto info = read_frame(frame);
  if (c != nullptr && beyond_credit(*c, info))
    return;
  const auto outcome = c == nullptr ? intake::not_open : delivery_.add(*c->at_delivery, info, body);
  switch (outcome) {
  case intake::accepted:
  case intake::settled:
    c->replaying = false;
    if (outcome == intake::settled)
      finish_unowed(*c, info);
    else if (conf_.broker.ack == ack_mode::replicated)
      take(*c, info, body);
    for (const auto app : c->at_delivery->subscribers)
      deliver(app);
    if (conf_.broker.ack != ack_mode::processed)
      update_cursor(*c);
    break;
  case intake::duplicate:
    metrics_.frames_duplicate.Increment();
    break;
  case intake::gap:
    // Frames were lost on a link: the camera still has them. Ask it once to send again; each of its
    // next frames would repeat that.
    if (!c->replaying) {
      c->replaying = true;
      metrics_.replays_requested.Increment();
      owe_cursor(*c, true);
    }
    break;
  case intake::not_open: {
    // This gateway has known an earlier incarnation of this broker: tell it.
    builder_.Clear();
    frames_link_->send(gateway, finish_pipeline(builder_, lead_.epoch(),
                                                wire::CreateAttached(builder_, incarnation_)));
    break;
  }
  }
}

// A gateway counts the frames of a camera anew after each Hello. A camera that says Hello to have
// more in flight than anybody's credit is not served: its frame is lost on the way, and it may send
// it again.
bool broker::beyond_credit(const camera_record& c, const frame_info& info) {
  const auto& frames = c.at_delivery->frames;
  const auto first = std::ranges::upper_bound(frames, c.acked_seq, {},
                                              [](const auto& f) { return f.what->info.seq; });
  if (info.seq <= c.at_delivery->last_seq || frames.end() - first < limits::credit_max)
    return false;
  metrics_.frames_given_up.Increment();
  log_limited(log_level::warn, name(), "a frame is not taken: its camera has too many in flight",
              {{"camera", c.name}});
  return true;
}

// -- applications

void broker::on_app_message(inbound& in) {
  const auto* message = in.well_formed && in.peer != 0 ? decode_app(in.envelope) : nullptr;
  if (message == nullptr) {
    metrics_.malformed_messages.Increment();
    if (in.peer != 0)
      refuse_app(in.peer, wire::AppRefuseReason::Malformed, {}, 0, 0);
    return;
  }
  const auto* subscribe = message->body_as_Subscribe();
  if (lead_.serving() == 0) {
    if (subscribe != nullptr)
      put_off(in.peer, *subscribe, in.envelope);
    tell_not_primary(in.peer);
    return;
  }
  if (subscribe != nullptr) {
    on_subscribe(in.peer, *subscribe);
    return;
  }
  const auto known = app_of_peer_.find(in.peer);
  if (known == app_of_peer_.end()) {
    refuse_app(in.peer, wire::AppRefuseReason::NotSubscribed, {}, 0, 0);
    return;
  }
  if (const auto* result = message->body_as_AppResult()) {
    on_result(known->second, *result, in.envelope);
  } else if (const auto* credit = message->body_as_Credit()) {
    delivery_.grant(known->second, credit->frames());
    deliver(known->second);
  } else {
    refuse_app(in.peer, wire::AppRefuseReason::UnknownType, {}, 0, 0);
  }
}

void broker::on_subscribe(peer_id peer, const wire::Subscribe& subscribe) {
  const auto app_name = subscribe.app()->string_view();
  auto known = apps_.find(app_name);
  const bool fresh = known == apps_.end() || known->second.peer != peer;
  if (known != apps_.end() && fresh && known->second.session != subscribe.session()) {
    // The name belongs to a connection for as long as that lives.
    if (reachable(known->second)) {
      refuse_app(peer, wire::AppRefuseReason::NameTaken, {}, 0, 0);
      return;
    }
  }
  const auto wants = wants_of(subscribe);
  if (changes_ >= limits::app_changes && !remembers(app_name, wants)) {
    refuse_app(peer, wire::AppRefuseReason::NotReady, {}, 0, 0);
    return;
  }
  if (known == apps_.end() && apps_.size() >= limits::apps && valid_name(app_name) &&
      !make_room_for_app()) {
    refuse_app(peer, wire::AppRefuseReason::TooManyApps, {}, 0, 0);
    return;
  }
  const auto subscribed = delivery_.subscribe(app_name, wants, fresh);
  if (!subscribed) {
    refuse_app(peer, subscribed.error(), {}, 0, 0);
    return;
  }
  append_settled(); // a change of policy settles frames
  apps_link_->heard(peer);
  if (fresh) {
    if (known == apps_.end())
      known = add_app(app_name);
    // A connection speaks for one application: the one that it named last.
    if (const auto before = app_of_peer_.find(peer); before != app_of_peer_.end())
      apps_.find(before->second)->second.peer = 0;
    app_of_peer_.erase(known->second.peer);
    app_of_peer_[peer] = known->first;
    known->second.peer = peer;
    known->second.attached = true;
    known->second.session = subscribe.session();
    known->second.incarnation = random_u64();
    log_limited(log_level::info, name(), "application attached", {{"app", known->first}});
  }
  known->second.silent_s = 0;
  known->second.heard_ns = host().turn_ns();
  remember(known->first, wants);
}

void broker::deliver(std::string_view app) {
  const auto known = apps_.find(app);
  if (known == apps_.end())
    return;
  while (const auto next = delivery_.next(app, realtime_ns())) {
    const auto result = send_frame(known->second, *next);
    if (result != send_result::sent) {
      // If the application is gone, the frame waits until it attaches again. Credit keeps a full
      // link rare.
      delivery_.return_to_queue(app, *next);
      if (result == send_result::full && !retry_scheduled_) {
        retry_scheduled_ = true;
        after(retry_ns, [this] {
          retry_scheduled_ = false;
          for (const auto& [app_name, peer] : apps_)
            deliver(app_name);
        });
      }
      break;
    }
    known->second.frames->Increment();
  }
  const auto subscribed = delivery_.apps().find(app);
  MONOPOD_ENSURE(subscribed != delivery_.apps().end(), "an application here has subscribed");
  count_skipped(known->second, subscribed->second.skipped);
  append_settled();
}

void broker::count_skipped(app_peer& a, const skipped_frames& now) {
  a.skipped_newer->Increment(now.newer - a.skipped_seen.newer);
  a.skipped_age->Increment(now.age - a.skipped_seen.age);
  a.skipped_rate->Increment(now.rate - a.skipped_seen.rate);
  a.skipped_seen = now;
}

send_result broker::send_frame(const app_peer& to, const delivery::next_frame& next) {
  builder_.Clear();
  const auto body = write_frame(builder_, next.from->name, next.what->info, next.skipped);
  return apps_link_->send(to.peer, finish_app(builder_, lead_.epoch(), body), &next.what->body);
}

void broker::refuse_app(peer_id peer, wire::AppRefuseReason why, std::string_view camera,
                        std::uint64_t stream, std::uint64_t seq) {
  refusals_[static_cast<std::size_t>(why)]->Increment();
  builder_.Clear();
  const auto camera_offset = builder_.CreateString(camera);
  const auto detail = builder_.CreateString(wire::EnumNameAppRefuseReason(why));
  const auto body = wire::CreateAppRefused(builder_, camera_offset, stream, seq, why, detail);
  apps_link_->send(peer, finish_app(builder_, lead_.epoch(), body));
  if (why == wire::AppRefuseReason::Malformed)
    apps_link_->blame(peer);
}

status_part broker::make_status() const {
  auto part = std::make_shared<wire::StatusT>();
  for (const auto& [app_name, a] : delivery_.apps()) {
    auto s = std::make_unique<wire::AppStatusT>();
    s->name = app_name;
    s->cameras = a.wants.patterns;
    s->policy = words_of(delivery_policy{}, static_cast<std::size_t>(a.wants.policy));
    s->queued = static_cast<std::uint32_t>(a.queued);
    s->outstanding = static_cast<std::uint32_t>(a.outstanding);
    s->skipped = std::uint64_t{a.skipped.newer} + a.skipped.age + a.skipped.rate;
    s->credit = a.credit;
    s->results = a.results;
    part->apps.push_back(std::move(s));
  }
  return part;
}

} // namespace monopod
