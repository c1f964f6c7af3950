// The primary: its lease, its beats and its ticks.
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "replication/replica.hpp"
#include "replication/rules.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

// -- lease

// L2: counted are the members in sync, and joiners that were proposed and not excluded since.
template <class F>
bool replica::all_counted(F holds) const {
  const auto& in_sync = known_->in_sync;
  if (broken(mutant::l2_any_member) && in_sync.size() > 1)
    return std::ranges::any_of(in_sync,
                               [&](const member& m) { return m != settings_.self && holds(m); });
  return std::ranges::all_of(in_sync,
                             [&](const member& m) { return m == settings_.self || holds(m); }) &&
         std::ranges::all_of(leading_->backups, [&](const auto& item) {
           return item.second.as != standing::proposed || holds(item.first);
         });
}

bool replica::may_act(std::uint64_t now_ns) const {
  if (!leading_ || (leading_->stopped && !broken(mutant::c2_acts_in_handover)))
    return false;
  return all_counted([&](const member& m) { return leading_->lease.holds(m, now_ns); });
}

bool replica::accepting(std::uint64_t now_ns) const {
  return leading_ && !leading_->leave_to && log_.commit() >= leading_->tail_at_start &&
         may_act(now_ns);
}

std::vector<replica::follower> replica::followers() const {
  std::vector<follower> all;
  if (leading_)
    for (const auto& [who, b] : leading_->backups)
      all.push_back({who, b.as == standing::in_sync, log_.last() - std::min(b.held, log_.last()),
                     leading_->lease.heard_ns(who)});
  return all;
}

std::uint64_t replica::lease_left_ns(std::uint64_t now_ns) const {
  if (!may_act(now_ns))
    return 0;
  auto until_ns = now_ns + settings_.times.lease_ns;
  all_counted([&](const member& m) {
    until_ns = std::min(until_ns, leading_->lease.heard_ns(m) + settings_.times.lease_ns);
    return true; // so that none is left out
  });
  return until_ns - now_ns;
}

void replica::become_primary(const view_ptr& v) {
  ++counts_.view_changes;
  served_ = v->epoch;
  leading_.emplace(v->epoch, settings_.times, now_ns_);
  leading_->tail_at_start = leading_->owed = log_.last();
  for (const auto& m : v->in_sync)
    if (m != settings_.self) // G1: they hold all that is committed
      leading_->backups[m] = {.as = standing::in_sync,
                              .base = log_.commit(),
                              .held = log_.commit(),
                              .sent = log_.commit(),
                              .progress_ns = now_ns_};
  tell_all(peer::decided{v});
  if (broken(mutant::c2_acts_in_handover))
    leading_->lease.sent(0, now_ns_);
  for (const auto& m : v->in_sync)
    if (broken(mutant::c2_acts_in_handover))
      leading_->lease.answered(m, 0, now_ns_);
  send_beats();
  advance_commit();
}

// L3: an epoch whose lease has ended is over, even if the primary is still heard.
void replica::step_down() {
  ++counts_.step_downs;
  const auto epoch = leading_->epoch;
  stop_leading();
  abandon(epoch);
  promise_.wait(now_ns_, settings_.times.lease_ns / 2); // the others claim first
  tell_all(peer::step_down{epoch});
}

// A round of an epoch that is over could change nothing, and its prepares would be in the way of
// members that may claim (R5). A claim goes on until a round is decided (L4).
void replica::stop_leading() {
  leading_.reset();
  if (round_ == round::claim || broken(mutant::r5_duels))
    return;
  proposer_.give_up();
  round_ = round::none;
}

void replica::send_beats() {
  auto& l = *leading_;
  l.next_beat_ns = now_ns_ + settings_.times.beat_ns;
  const peer::beat b{l.epoch, ++beat_number_, log_.commit()};
  const auto slept_ns = l.lease.sent(b.number, now_ns_);
  if (l.owed < log_.last() && now_ns_ - l.waits_since_ns >= settings_.times.silence_ns)
    owe_all();
  for (auto& [who, state] : l.backups) {
    // The pause must not count as being behind either (L5).
    state.progress_ns = std::min(now_ns_, state.progress_ns + slept_ns);
    if ((state.given || state.held < state.sent) &&
        now_ns_ - std::max(state.progress_ns, state.again_ns) > 2 * settings_.times.beat_ns)
      send_again(state);
    send(who.name, b);
    if (owes(state))
      flush(who, state);
  }
}

// Ops or pieces that were sent and are still not held seem to be lost.
void replica::send_again(backup& b) const {
  b.again_ns = now_ns_;
  if (b.given)
    b.given->again();
  else
    b.sent = std::max(b.held, b.base);
}

void replica::handle(const member& from, const peer::beat_answer& m) {
  if (!leading_ || (m.epoch != leading_->epoch && !broken(mutant::l1_stale_answers)))
    return;
  const auto known = leading_->backups.find(from);
  if (known == leading_->backups.end())
    return;
  leading_->lease.answered(known->first, m.number, now_ns_);
  if (m.version < known_->version)
    send(from.name, peer::decided{known_});
}

void replica::handle(const member&, const peer::stale& m) { on(input::outside_epoch{m.epoch}); }

void replica::tick_primary() {
  auto& l = *leading_;
  const auto ended = [&](const member& m) {
    return now_ns_ >= l.lease.heard_ns(m) + settings_.times.lease_ns;
  };
  if (!broken(mutant::l3_no_step_down) &&
      !all_counted([&](const member& m) { return !ended(m); })) {
    step_down();
    return;
  }
  if (l.stopped)
    return;
  if (now_ns_ >= l.next_beat_ns)
    send_beats();
  if (!proposer_.busy())
    propose_something();
}

} // namespace monopod
