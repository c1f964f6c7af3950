// The primary's members: which are in sync, and the changes that it proposes, one at a time.
#include "core/limits.hpp"
#include "replication/replica.hpp"
#include "replication/rules.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

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

// Forgets a joiner, for which nothing waits.
void replica::dismiss(std::map<member, backup>::iterator joiner) {
  leading_->lease.forget(joiner->first);
  leading_->backups.erase(joiner);
  advance_commit();
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
      dismiss(at);
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
