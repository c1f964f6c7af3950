// The primary: its lease, and which members are in sync.
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
  abandoned_ = std::max(abandoned_, epoch);
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

// -- members

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

// One change at a time, the most urgent first.
bool replica::propose_something() {
  return hand_over() || drop_one() || add_one() || change_one_voter();
}

// R1: a change of this primary's applies only if the register still has the epoch in which the
// change began. A round that outlives the epoch changes nothing (ADR 12).
bool replica::mine(const group_view& v, std::uint64_t epoch) const {
  return leading_ && leading_->epoch == epoch && v.primary == settings_.self && v.epoch == epoch;
}

// Whether it must acknowledge something. A member that is not in sync always must, to show that it
// is still there.
bool replica::owes(const backup& b) const {
  return b.as != standing::in_sync || !b.matched || b.held < leading_->owed;
}

// L5: whether it has not held an owed op for 2 D.
bool replica::behind(const backup& b) const {
  return owes(b) && now_ns_ - b.progress_ns > 2 * settings_.times.silence_ns;
}

// A joiner that nothing waits for may take its time, since its disk may be slow, as long as it
// keeps asking and not too many ops are kept for it.
bool replica::given_up(const backup& b) const {
  const auto patience_ns = 8 * settings_.times.silence_ns;
  return now_ns_ - std::max(b.progress_ns, b.asked_ns) > patience_ns ||
         log_.last() - std::max(b.held, b.base) > limits::group_joiner_ops;
}

bool replica::leaves(const member& who) const {
  const auto known = leading_->backups.find(who);
  return known != leading_->backups.end() && known->second.leaves;
}

// L5. A member counts until a view without it is decided.
bool replica::drop_one() {
  if (broken(mutant::l5_never_dropped))
    return false;
  auto& l = *leading_;
  for (const auto& m : known_->in_sync) {
    const bool silent = l.lease.silent_ns(m, now_ns_) > settings_.times.silence_ns;
    const auto known = l.backups.find(m);
    const bool late = known == l.backups.end() || behind(known->second);
    if (m == settings_.self || !(silent || late || leaves(m)))
      continue;
    ++counts_.taken_out;
    if (broken(mutant::l5_dropped_at_once)) {
      auto less = *known_;
      std::erase(less.in_sync, m);
      known_ = std::make_shared<const group_view>(std::move(less));
      l.backups.erase(m);
    }
    start_round(round::drop,
                [this, m, epoch = l.epoch](const group_view& v) -> std::optional<group_view> {
                  if (!mine(v, epoch) || !v.holds(m))
                    return std::nullopt;
                  auto next = v;
                  std::erase(next.in_sync, m);
                  return next;
                });
    return true;
  }
  return false;
}

// Joiners get closer step by step: they count for commits first, then for leases, then they are in
// sync (L2).
bool replica::add_one() {
  auto& l = *leading_;
  for (auto at = l.backups.begin(); at != l.backups.end(); ++at) {
    const auto& m = at->first;
    auto& b = at->second;
    if (b.as >= standing::proposed)
      continue;
    if (given_up(b)) { // it will ask to join again
      l.lease.forget(m);
      l.backups.erase(at);
      advance_commit();
      return false;
    }
    const bool silent = !l.lease.holds(m, now_ns_);
    if (b.as == standing::near && (silent || behind(b))) { // nothing waits for it from now on
      b.as = standing::joining;
      advance_commit();
      return false;
    }
    if (silent || !b.matched)
      continue;
    const bool late = broken(mutant::l2_joiner_late);
    if (!late && b.as == standing::joining && !behind(b) &&
        b.held + limits::group_append_ops >= log_.last())
      b.as = standing::near;
    // An earlier primary may have committed the whole tail.
    const auto needed = std::max(log_.commit(), l.tail_at_start);
    if ((b.as != standing::near && !late) || b.held < needed)
      continue;
    start_round(round::add, [this, m, epoch = l.epoch](const group_view& v) {
      return mine(v, epoch) ? with_joiner(v, m) : std::nullopt;
    });
    return true;
  }
  return false;
}

// L2: from here on the joiner counts, whatever becomes of this round, until a decided one excludes
// it.
std::optional<group_view> replica::with_joiner(const group_view& v, const member& m) {
  if (v.holds(m) || v.in_sync.size() >= limits::group_members)
    return std::nullopt;
  const auto known = leading_->backups.find(m);
  if (known == leading_->backups.end())
    return std::nullopt;
  if (!broken(mutant::l2_joiner_late)) {
    if (known->second.as < standing::near)
      return std::nullopt;
    known->second.as = standing::proposed;
  }
  auto next = v;
  next.in_sync.push_back(m);
  return next;
}

// R3: a node that lost its file is another voter, unless the listed one still answers (then this is
// a clone). The voter that is gone leaves first, so that the two that are left decide both steps,
// whatever becomes of the new one. The one that asks when the seat is free gets it, since the one
// that asked before may be gone, too (ADR 12).
void replica::replace_voter(const voter& by) {
  auto& l = *leading_;
  if (known_->lists(by) || proposer_.busy() || !l.wishes.empty())
    return;
  if (!known_->lists(by.name)) {
    l.replace_at_ns.erase(by.name);
    l.wishes.push_back({by, true});
    return;
  }
  const auto patience_ns = 4 * settings_.times.silence_ns;
  const auto [at, first] = l.replace_at_ns.try_emplace(by.name, now_ns_ + patience_ns);
  send(by.name, peer::look{});
  for (const auto& v : known_->voters)
    if (const auto said = answered_ns_.find(v);
        v.name == by.name && said != answered_ns_.end() && now_ns_ - said->second < patience_ns)
      at->second = now_ns_ + patience_ns;
  if (now_ns_ < at->second)
    return;
  for (const auto& v : known_->voters)
    if (v.name == by.name)
      l.wishes.push_back({v, false});
}

// R4: one voter changes at a time.
bool replica::change_one_voter() {
  auto& wishes = leading_->wishes;
  if (wishes.empty())
    return false;
  const auto wish = wishes.front();
  wishes.pop_front();
  std::optional<voter> with_it;
  if (broken(mutant::r4_two_at_once) && !wishes.empty() && wishes.front().add != wish.add) {
    with_it = wishes.front().which;
    wishes.pop_front();
  }
  start_round(round::voters,
              [this, wish, with_it,
               epoch = leading_->epoch](const group_view& v) -> std::optional<group_view> {
                if (!mine(v, epoch) || wish.add == v.lists(wish.which))
                  return std::nullopt;
                auto next = v;
                if (with_it && wish.add)
                  std::erase(next.voters, *with_it);
                else if (with_it)
                  next.voters.push_back(*with_it);
                if (wish.add && v.voters.size() < limits::group_members)
                  next.voters.push_back(wish.which);
                else if (!wish.add && v.voters.size() > 1)
                  std::erase(next.voters, wish.which);
                else
                  return std::nullopt;
                return next;
              });
  return true;
}

// C2: no effects and no beats from the first prepare on, until a decided round shows that the
// handover did not happen. The member that has been in sync for longest is asked first, and waited
// for: not all cameras have connected yet to one that has just joined.
bool replica::hand_over() {
  auto& l = *leading_;
  if (!l.leave_to)
    return false;
  const auto to = std::ranges::find_if(known_->in_sync, [&](const member& m) {
    return m != settings_.self && (l.leave_to->empty() || m.name == *l.leave_to) &&
           l.lease.holds(m, now_ns_) &&
           (l.backups[m].held == log_.last() || now_ns_ < l.heir_until_ns);
  });
  if (to == known_->in_sync.end()) {
    if (now_ns_ > l.leave_until_ns)
      l.leave_to.reset();
    return false;
  }
  if (l.backups[*to].held != log_.last())
    return false; // its acknowledgement brings us here again
  l.stopped = true;
  start_round(
      round::handover,
      [this, heir = *to, epoch = l.epoch](const group_view& v) -> std::optional<group_view> {
        if (!mine(v, epoch) || !v.holds(heir))
          return std::nullopt;
        auto next = v;
        next.epoch = std::max(v.epoch, epoch_seen_) + 1;
        next.primary = heir;
        if (broken(mutant::c2_told_too_early)) {
          auto hoped = next;
          hoped.version = v.version + 1;
          hoped.previous = v.born;
          send(heir.name, peer::decided{std::make_shared<const group_view>(std::move(hoped))});
        }
        return next;
      });
  return true;
}

// After a decided round of this primary's own, nothing is unresolved: a proposed joiner is in the
// view or excluded by it.
void replica::settle_members(const group_view& v) {
  auto& backups = leading_->backups;
  for (auto& [who, b] : backups)
    if (v.holds(who))
      b.as = standing::in_sync;
    else if (b.as >= standing::proposed)
      leading_->lease.forget(who);
  std::erase_if(backups, [&](const auto& item) {
    return item.second.as >= standing::proposed && !v.holds(item.first);
  });
  advance_commit();
}

} // namespace monopod
