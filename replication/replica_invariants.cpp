// The relations that hold between a replica's fields after each step, whatever arrived. A relation
// that does not hold is a fault of this program, never of a peer, whose message is refused earlier.
// Ensuring them all costs a few comparisons for each member.
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "replication/replica.hpp"

#include <algorithm>

namespace monopod {

void replica::ensure_sound() const {
  MONOPOD_ENSURE(ticked_ns_ <= now_ns_, "a replica's time does not fall");
  MONOPOD_ENSURE(!proposer_.busy() || round_ != round::none, "an open round has a purpose");
  MONOPOD_ENSURE(saved_ <= saves_, "what is on disk was asked for (R2)");
  MONOPOD_ENSURE(answers_.empty() || answers_.front().save > saved_,
                 "an answer leaves as soon as its state is on disk (R2)");
  MONOPOD_ENSURE(known_ == nullptr || epoch_seen_ >= known_->epoch,
                 "an epoch that is known was seen (I3)");
  MONOPOD_ENSURE(epoch_seen_ >= log_.end().epoch, "the epoch of an op was seen (I3)");
  MONOPOD_ENSURE(log_.commit() <= log_.last(), "an op is committed that is held (G1)");
  MONOPOD_ENSURE(matched_ <= log_.last(), "what matches is held (G2)");
  MONOPOD_ENSURE(heard_.size() <= limits::group_members, "only places of the group are heard");
  if (leading_)
    ensure_sound(*leading_);
}

void replica::ensure_sound(const leading& l) const {
  MONOPOD_ENSURE(holds_ledger_, "a witness does not lead (C4)");
  MONOPOD_ENSURE(served_ == l.epoch, "an epoch is served once (I1)");
  MONOPOD_ENSURE(l.tail_at_start <= log_.last() && l.owed <= log_.last(),
                 "a primary's log only grows (G2)");
  MONOPOD_ENSURE(l.wishes.size() <= limits::group_members, "voters change one at a time (R4)");
  for (const auto& [who, b] : l.backups) {
    MONOPOD_ENSURE(std::max(b.base, b.held) <= b.sent && b.sent <= log_.last(),
                   "a member holds what it was sent, which is in the log (G1)");
    MONOPOD_ENSURE(b.session <= l.sessions, "a session was given by this primary (G3)");
    MONOPOD_ENSURE(!b.given || !b.matched, "a snapshot is given until it is installed (G3)");
    MONOPOD_ENSURE(b.matched || b.as == standing::joining || b.as == standing::in_sync,
                   "a joiner counts after it has matched (L2)");
  }
}

} // namespace monopod
