// The applications that are remembered, and for how long; and what becomes of them when this node
// begins to serve, or ceases to.
#include "actors/frames/broker.hpp"
#include "core/aligned.hpp"
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t waiting_patience_ns = 3 * ns_per_s;
constexpr std::uint64_t attach_patience_ns = 5 * ns_per_s;

} // namespace

broker::app_map::iterator broker::add_app(std::string_view app_name) {
  const auto added = apps_.try_emplace(std::string(app_name)).first;
  auto& a = added->second;
  a.frames = &metrics_.app_frames(added->first);
  a.results = &metrics_.app_results(added->first);
  a.skipped_newer = &metrics_.app_skipped(added->first, "newer");
  a.skipped_age = &metrics_.app_skipped(added->first, "age");
  a.skipped_rate = &metrics_.app_skipped(added->first, "rate");
  return added;
}

bool broker::remembers(std::string_view app, const subscription& wants) const {
  const auto known = subscriptions_.find(app);
  return known != subscriptions_.end() && known->second == wants;
}

// The ledger remembers the application, so that frames wait for it after a restart too. The
// application is told that it is subscribed once the ledger has it, so that applications, with
// however many names, do not outrun the ledger's disk.
void broker::remember(const std::string& app, const subscription& wants) {
  if (remembers(app, wants)) {
    tell_subscribed(app);
    return;
  }
  subscriptions_.insert_or_assign(app, wants);
  tell_ledger(app, wants);
}

// If the ledger stage fails, its successor is told again.
void broker::tell_ledger(const std::string& app, const std::optional<subscription>& wants) {
  ++changes_;
  const auto answered = [this, app, told = wants.has_value()] {
    --changes_;
    if (told)
      tell_subscribed(app);
  };
  request(ledger_, caf::infinite, subscr_atom::value, app, wants)
      .then([answered](bool) { answered(); }, [answered](const caf::error&) { answered(); });
}

void broker::tell_subscribed(const std::string& app) {
  const auto known = apps_.find(app);
  if (known == apps_.end() || known->second.peer == 0)
    return;
  builder_.Clear();
  const auto body = wire::CreateSubscribed(builder_, known->second.incarnation);
  apps_link_->send(known->second.peer, finish_app(builder_, lead_.epoch(), body));
  deliver(app); // a change of policy may have settled frames
}

// An application that crashed, hangs or was taken away holds its cameras up for
// broker.app_timeout_s, and no longer. It can attach again at any time: frames are owed to it from
// then on. Silence is counted in sweeps, and not read off a clock: after a pause of the whole
// process, or of the machine, an application is heard before it is judged, as a member is (L1).
void broker::forget_silent_apps() {
  const auto timeout_s = conf_.broker.app_timeout_s;
  for (auto at = apps_.begin(); at != apps_.end();) {
    const auto here = at++;
    if (++here->second.silent_s <= timeout_s || timeout_s == 0)
      continue;
    const auto app_name = here->first;
    const auto given_up = forget_app(here);
    log_warn(name(), "application forgotten: it was silent for too long",
             {{"app", app_name}, {"silent_s", timeout_s}, {"frames_without_result", given_up}});
  }
  append_settled();
}

void broker::remove_series(const app_peer& a) {
  metrics_.app_frames.remove(*a.frames);
  metrics_.app_results.remove(*a.results);
  for (auto* skipped : {a.skipped_newer, a.skipped_age, a.skipped_rate})
    metrics_.app_skipped.remove(*skipped);
}

// Returns how many frames it owed. They are settled by append_settled().
std::size_t broker::forget_app(app_map::iterator at) {
  const auto& [app_name, a] = *at;
  const auto owed = delivery_.unsubscribe(app_name);
  metrics_.app_frames_given_up.Increment(static_cast<double>(owed));
  remove_series(a);
  tell_ledger(app_name, std::nullopt);
  subscriptions_.erase(app_name);
  app_of_peer_.erase(a.peer);
  apps_.erase(at);
  return owed;
}

// Only sending tells whether a connection has ended; an application may be told again that it is
// subscribed.
bool broker::reachable(const app_peer& a) {
  builder_.Clear();
  const auto probe =
      finish_app(builder_, lead_.epoch(), wire::CreateSubscribed(builder_, a.incarnation));
  return a.peer != 0 && apps_link_->send(a.peer, probe) != send_result::unreachable;
}

// The application that subscribed least recently, whose connection has ended and that owes nothing,
// makes room. If there is none, the next look is at least a second later, since each is probed.
bool broker::make_room_for_app() {
  if (apps_looked_at_ns_ != 0 && host().turn_ns() - apps_looked_at_ns_ < ns_per_s)
    return false;
  std::vector<app_map::iterator> all;
  for (auto at = apps_.begin(); at != apps_.end(); ++at)
    all.push_back(at);
  std::ranges::sort(all, {}, [](const auto& at) { return at->second.heard_ns; });
  for (const auto& at : all) {
    const bool expected = !at->second.attached && // it is remembered, and may attach at any moment
                          host().turn_ns() - at->second.heard_ns < attach_patience_ns;
    if (expected || delivery_.owes(at->first) || reachable(at->second))
      continue;
    log_limited(log_level::info, name(), "application forgotten: another one needs its place",
                {{"app", at->first}});
    forget_app(at);
    append_settled();
    return true;
  }
  apps_looked_at_ns_ = host().turn_ns();
  return false;
}

caf::result<bool, std::string> broker::forget_app_as_asked(const std::string& app) {
  if (lead_.serving() == 0)
    return {false, std::string(not_primary_text)};
  const auto known = apps_.find(app);
  if (known == apps_.end())
    return {true, "this node does not know an application " + app + ": nothing to do"};
  if (reachable(known->second))
    return {false, app + " is attached: stop it first"};
  const auto given_up = forget_app(known);
  append_settled();
  log_info(name(), "application forgotten, as asked",
           {{"app", app}, {"frames_without_result", given_up}});
  return {true, app + " is forgotten; frames that it owed and that have no result: " +
                    std::to_string(given_up)};
}

// Frames in flight belong to the cameras again, and applications attach anew.
void broker::serve(std::uint64_t epoch) {
  for (const auto& [app_name, a] : apps_)
    if (epoch == 0 && a.peer != 0)
      tell_not_primary(a.peer);
  delivery_ = delivery(wants_images(conf_));
  zones_.clear();
  cameras_.clear();
  ahead_ = 0;
  for (const auto& [app_name, a] : apps_)
    remove_series(a);
  apps_.clear();
  app_of_peer_.clear();
  incarnation_ = random_u64();
  if (epoch == 0)
    return;
  subscribe_known();
  ask_unfinished();
  forget_waiting();
  for (const auto& [app_name, w] : std::exchange(waiting_, {}))
    on_subscribe(w.peer, *wire::GetAppMessage(w.message.data())->body_as_Subscribe());
}

void broker::subscribe_known() {
  for (const auto& [app_name, wants] : subscriptions_) {
    if (delivery_.subscribe(app_name, wants, true))
      add_app(app_name)->second.heard_ns = host().turn_ns();
  }
}

// An application that has not repeated its Subscribe, as it does once a second, is gone.
void broker::forget_waiting() {
  std::erase_if(waiting_, [now_ns = host().turn_ns()](const auto& item) {
    return now_ns - item.second.heard_ns > waiting_patience_ns;
  });
}

// An application repeats its Subscribe once a second, but a new primary must not depend on it.
void broker::put_off(peer_id peer, const wire::Subscribe& subscribe,
                     std::span<const std::byte> message) {
  const auto app_name = subscribe.app()->string_view();
  auto known = waiting_.find(app_name);
  if (known == waiting_.end()) {
    if (waiting_.size() >= limits::apps)
      forget_waiting();
    if (waiting_.size() >= limits::apps)
      return;
    known = waiting_.try_emplace(std::string(app_name)).first;
  }
  apps_link_->heard(peer);
  known->second.peer = peer;
  known->second.heard_ns = host().turn_ns();
  copy_aligned(message, known->second.message);
}

void broker::tell_not_primary(peer_id peer) {
  builder_.Clear();
  const auto body = wire::CreateAppRefused(builder_, 0, 0, 0, wire::AppRefuseReason::NotPrimary);
  apps_link_->send(peer, finish_app(builder_, lead_.epoch(), body));
}

void broker::append_settled() {
  for (const auto& s : delivery_.take_settled())
    append(s.from->name, s.info, s.settled_seq, {}, nullptr);
}

} // namespace monopod
