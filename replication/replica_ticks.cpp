// When a replica's next tick is due, so that a quiet replica sleeps from beat to beat.
#include "replication/replica.hpp"

#include <algorithm>

namespace monopod {

// Whether it is a member in its place with nothing under way, so that only the times below can come
// due.
bool replica::settled() const {
  if (known_ == nullptr || proposer_.busy() || ending_ || doubts_)
    return false;
  if (votes_ && !known_->lists(voter{settings_.self.name, voter_.id()}))
    return false;
  if (!leading_)
    return !holds_ledger_ || (known_->holds(settings_.self) && !promise_.over(now_ns_));
  return !leading_->leave_to && leading_->wishes.empty() &&
         std::ranges::all_of(leading_->backups, [](const auto& item) {
           return item.second.as == standing::in_sync && !item.second.leaves;
         });
}

// The next beat, or before it the end of a lease (L3) or of the patience with a member (L5).
std::uint64_t replica::primary_due_ns() const {
  const auto& l = *leading_;
  const auto& t = settings_.times;
  auto due_ns = l.next_beat_ns;
  for (const auto& [who, b] : l.backups) {
    due_ns = std::min(due_ns, l.lease.heard_ns(who) + t.lease_ns);
    due_ns = std::min(due_ns, now_ns_ + t.silence_ns + 1 -
                                  std::min(l.lease.silent_ns(who, now_ns_), t.silence_ns));
    if (owes(b))
      due_ns = std::min(due_ns, b.progress_ns + 2 * t.silence_ns + 1);
  }
  return due_ns;
}

std::uint64_t replica::next_tick_ns() const {
  const auto& t = settings_.times;
  if (!settled())
    return ticked_ns_ + t.beat_ns / 4;
  const auto due_ns = leading_        ? primary_due_ns()
                      : holds_ledger_ ? promise_.until_ns()
                                      : ticked_ns_ + t.promise_ns;
  return std::max(due_ns, ticked_ns_ + t.beat_ns / 16); // it never spins, whatever is wrong
}

bool replica::idle() const {
  return may_act(now_ns_) && settled() &&
         std::ranges::all_of(leading_->backups, [](const auto& item) {
           return item.second.matched && item.second.held >= item.second.sent;
         });
}

} // namespace monopod
