// A backup: its promise, its claim, and how a member that is not in sync joins.
#include "core/limits.hpp"
#include "replication/replica.hpp"
#include "replication/rules.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

// L4: while a claim is unresolved, the claimant obeys nothing of its claim's epoch or a lower one.
bool replica::claiming(std::uint64_t epoch) const {
  return round_ == round::claim && epoch <= claim_base_ &&
         !broken(mutant::l4_answers_while_claiming);
}

// Whether this replica obeys the primary of that epoch. A primary of an old epoch is told so (O1).
bool replica::obeys(const member& from, std::uint64_t epoch) {
  if (!holds_ledger_ || from == settings_.self)
    return false;
  if (epoch < epoch_seen_) {
    send(from.name, peer::stale{epoch_seen_});
    return false;
  }
  if (epoch <= abandoned_ && !broken(mutant::l3_no_step_down)) {
    // No message is on its way for so long. So the primary has not stepped down, although somebody
    // said so.
    if (now_ns_ - abandoned_at_ns_ > 2 * settings_.times.promise_ns) {
      epoch_seen_ = abandoned_ + 1;
      send(from.name, peer::stale{epoch_seen_});
    }
    return false;
  }
  if (claiming(epoch) || (leading_ && epoch <= leading_->epoch))
    return false;
  stop_leading();
  epoch_seen_ = epoch;
  return true;
}

void replica::handle(const member& from, const peer::beat& m) {
  if (!obeys(from, m.epoch))
    return;
  promised_to_ = from.name;
  promised_in_ = m.epoch;
  promise_.give(now_ns_);
  if (sync_.epoch == m.epoch && m.commit > log_.commit()) { // G1
    log_.commit_to(std::max(log_.commit(), std::min(m.commit, matched_)), out_->committed);
    log_.forget_to(log_.commit());
  }
  send(from.name, peer::beat_answer{m.epoch, m.number, known_ == nullptr ? 0 : known_->version});
}

// Only the primary of an epoch ends it.
void replica::handle(const member& from, const peer::step_down& m) {
  const bool its_own = (known_ != nullptr && known_->epoch == m.epoch && known_->primary == from) ||
                       (promised_in_ == m.epoch && promised_to_ == from.name);
  if (!its_own || broken(mutant::l3_no_step_down))
    return;
  abandon(m.epoch);
  if (m.epoch >= epoch_seen_ && !leading_)
    promise_.end(now_ns_);
}

void replica::abandon(std::uint64_t epoch) {
  abandoned_ = std::max(abandoned_, epoch);
  abandoned_at_ns_ = now_ns_;
}

// -- without a primary

void replica::tick_backup() {
  const bool in_sync = known_ != nullptr && known_->holds(settings_.self);
  const bool listed =
      !votes_ || (known_ != nullptr && known_->lists(voter{settings_.self.name, voter_.id()}));
  const bool leaderless =
      holds_ledger_ && (promise_.over(now_ns_) || broken(mutant::l4_claims_early));
  if ((leaderless || known_ == nullptr || !listed || doubts_) && now_ns_ >= next_look_ns_)
    look_around();
  const bool wants_in = holds_ledger_ && !in_sync && !ending_;
  const bool wants_out = in_sync && ending_;
  if (known_ == nullptr || now_ns_ < next_join_ns_ || !(wants_in || wants_out || !listed))
    return;
  next_join_ns_ = now_ns_ + 2 * settings_.times.beat_ns;
  const auto& primary = leaderless || promised_to_.empty() ? known_->primary.name : promised_to_;
  if (wants_out)
    send(primary, peer::leave{});
  else
    send(primary, peer::join{voter_.id(), holds_ledger_ && !ending_});
}

// R5: a member without a primary reads before it prepares, and waits by rank.
void replica::look_around() {
  const auto beat_ns = settings_.times.beat_ns;
  doubts_ = false;
  next_look_ns_ = now_ns_ + (broken(mutant::r5_duels) ? 1 : beat_ns + rank() * beat_ns / 4);
  for (const auto& p : settings_.group)
    send(p.name, peer::look{});
  if (broken(mutant::r5_duels) && known_ != nullptr && !proposer_.busy())
    claim(false);
}

void replica::handle(const member& from, const peer::looked& m) {
  note_answer(from, m.voter_id);
  heard_[from.name] = {from, m, now_ns_};
  if (m.decided != nullptr)
    hear(from, m.decided);
  if (!leading_ || (m.value != nullptr && m.value->epoch > leading_->epoch))
    consider();
}

std::uint64_t replica::rank() const {
  const auto me = std::ranges::find(settings_.group, settings_.self.name, &place::name);
  return static_cast<std::uint64_t>(me - settings_.group.begin());
}

// R5: the order in the view decides, so that one member claims undisturbed.
std::uint64_t replica::claim_wait_ns(const group_view& v) const {
  std::uint64_t before = 0;
  for (const auto& m : v.in_sync) {
    if (m == settings_.self)
      break;
    before += m != v.primary ? 1 : 0;
  }
  return before * settings_.times.beat_ns * 3 / 4;
}

// Draws the conclusions from the answers to a look.
void replica::consider() {
  const auto fresh_ns = 4 * settings_.times.beat_ns;
  const auto fresh = [&](const heard& h) { return now_ns_ - h.at_ns <= fresh_ns; };
  const heard* newest = nullptr;
  bool all_empty = true;
  for (const auto& p : settings_.group) {
    const auto known = heard_.find(p.name);
    if (known == heard_.end() || !fresh(known->second)) {
      all_empty = all_empty && !p.votes;
      continue;
    }
    const auto& h = known->second;
    all_empty = all_empty && h.said.value == nullptr && h.said.decided == nullptr;
    if (h.said.value != nullptr && (newest == nullptr || h.said.accepted > newest->said.accepted))
      newest = &h;
  }
  if (newest == nullptr) {
    if (all_empty && known_ == nullptr)
      found_group();
    return;
  }
  const auto& value = newest->said.value;
  std::size_t answered = 0;
  std::size_t agree = 0;
  const bool by_old = broken(mutant::r4_old_voters_decide) && known_ != nullptr;
  const auto& judge = by_old ? *known_ : *value;
  for (const auto& v : judge.voters) {
    const auto known = heard_.find(v.name);
    if (known == heard_.end() || !fresh(known->second) || known->second.said.voter_id != v.id)
      continue;
    ++answered;
    const auto& said = known->second.said;
    const bool same = said.value != nullptr && *said.value == *value;
    agree += same && said.accepted == newest->said.accepted ? 1 : 0;
  }
  // A value that a majority of its voters accepted in the same round is decided (R2).
  if (is_majority(agree, judge))
    learn(value);
  else
    proposer_.hear_of(value);
  const bool promise_over = promise_.over(now_ns_) || broken(mutant::l4_claims_early);
  if (known_ == nullptr || leading_ || !holds_ledger_ || !promise_over)
    return;
  const bool entitled = value->holds(settings_.self) || (all_gone(*value) && best_of(*value));
  const bool my_turn =
      now_ns_ >= promise_.until_ns() + claim_wait_ns(*value) || broken(mutant::l4_claims_early);
  // R5: a claimant that hears no majority would only be in the way of one that does.
  const bool hears = 2 * answered > judge.voters.size();
  if (entitled && my_turn && hears && !proposer_.busy())
    claim(false);
}

// R3: a group is founded once all voters of the configuration are up and none has a value.
void replica::found_group() {
  const auto first = std::ranges::find_if(settings_.group, &place::holds_ledger);
  if (proposer_.busy() || first->name != settings_.self.name)
    return;
  group_view founders;
  for (const auto& p : settings_.group)
    if (p.votes)
      founders.voters.push_back({p.name, heard_[p.name].said.voter_id});
  proposer_.know(std::make_shared<const group_view>(founders));
  start_round(round::claim, [this](const group_view& v) -> std::optional<group_view> {
    if (v.version != 0)
      return std::nullopt;
    auto next = v;
    next.epoch = std::max(settings_.first_epoch, epoch_seen_ + 1);
    next.primary = settings_.self;
    next.in_sync = {settings_.self};
    return next;
  });
}

// -- claim

void replica::claim(bool force) {
  claim_base_ = std::max(epoch_seen_, known_->epoch);
  start_round(round::claim, [this, force, base = claim_base_, had = known_](const group_view& v) {
    auto next = claimed(broken(mutant::r1_blind_change) ? *had : v, base, force);
    started_without_ = next && !v.holds(settings_.self) ? v.in_sync : std::vector<member>();
    return next;
  });
}

// C1. The promise is looked at again for each value that is read (L4).
std::optional<group_view> replica::claimed(const group_view& read, std::uint64_t base_epoch,
                                           bool force) const {
  const bool promise_over = promise_.over(now_ns_) || broken(mutant::l4_claims_early) ||
                            (force && broken(mutant::c3_forced_early));
  if (read.epoch > base_epoch || leading_ || !promise_over)
    return std::nullopt;
  auto next = read;
  // Above every epoch that was heard of (O1).
  next.epoch =
      (broken(mutant::o1_claims_below_heard) ? read.epoch : std::max(read.epoch, epoch_seen_)) + 1;
  next.primary = settings_.self;
  if (read.holds(settings_.self)) {
    if (read.primary != settings_.self)
      std::erase(next.in_sync, read.primary);
    return next;
  }
  if (!force && !broken(mutant::c1_anyone_claims) && !(all_gone(read) && best_of(read)))
    return std::nullopt;
  next.in_sync = {settings_.self};
  return next;
}

// C3: a member has ended if a later incarnation of it answers.
bool replica::has_ended(const member& m) const {
  if (m.name == settings_.self.name)
    return succeeds(settings_.self, m);
  const auto known = heard_.find(m.name);
  return known != heard_.end() && succeeds(known->second.who, m);
}

// C3: every member in sync has ended.
bool replica::all_gone(const group_view& v) const {
  const auto gone = [this](const member& m) { return has_ended(m); };
  return broken(mutant::c3_one_is_enough) ? std::ranges::any_of(v.in_sync, gone)
                                          : std::ranges::all_of(v.in_sync, gone);
}

// C3: no other member that may start the group again has a better ledger; the name decides a tie.
bool replica::best_of(const group_view& v) const {
  const auto counts = [&](const std::string& name) {
    return !settings_.ops_on_disk ||
           std::ranges::find(v.in_sync, name, &member::name) != v.in_sync.end();
  };
  if (!counts(settings_.self.name))
    return false;
  const auto mine = log_.end();
  return std::ranges::all_of(settings_.group, [&](const place& p) {
    const auto known = heard_.find(p.name);
    if (p.name == settings_.self.name || !p.holds_ledger || !counts(p.name) ||
        known == heard_.end() || now_ns_ - known->second.at_ns > 4 * settings_.times.beat_ns)
      return true;
    const auto& theirs = known->second.said.last;
    return theirs < mine || (theirs == mine && p.name > settings_.self.name);
  });
}

} // namespace monopod
