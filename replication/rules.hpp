// The rules that can be broken on purpose, to see that the simulator notices. The product is built
// without MONOPOD_MUTANTS: there broken() is a constant false, and nothing of this is left.
#pragma once

#include <cstdint>

namespace monopod {

/// One way of getting a rule wrong, named after the rule in docs/replication.md.
enum class mutant : std::uint8_t {
  none,
  r1_blind_change,   // a change writes what its author remembers, not what the register holds
  r2_ballots_reused, // a repeated round keeps its ballot, and a voter promises it twice
  r2_accepts_below_promise,
  r2_answers_before_sync,
  r2_reads_any_value,    // takes the first value that it is told, not that of the highest ballot
  r3_promises_forgotten, // a voter that lost its file goes on under its old id
  r4_votes_by_name,      // any answer under a voter's name counts
  r4_two_at_once,        // one change swaps two voters, by a majority of the new set alone
  r4_old_voters_promise, // a majority of the voters known before is enough to go on
  r4_old_voters_decide,  // or to take a value that they hold for decided
  r5_duels,              // no look, rank or back-off, and a timeout that does not grow
  r6_believes_teller,    // a view is believed as soon as it is told
  l1_lease_from_receipt,
  l1_stale_answers,     // an answer counts for the newest beat instead of the one that it names
  l1_cached_time,       // in the simulator's node: the time from before a pause
  l1_no_margin,         // G = L
  l2_any_member,        // the lease of one member is enough
  l2_joiner_late,       // a joiner counts only once the view with it is decided
  l2_unknown_is_failed, // a change that timed out is taken for one that was not made
  l3_no_step_down,
  l4_answers_while_claiming,
  l4_claims_early,    // while its promise still holds
  l5_dropped_at_once, // a silent member stops counting before that is decided
  l5_drops_blindly,   // without a majority of voters having been heard
  l5_never_dropped,
  g1_commit_by_any,       // committed as soon as one backup holds it
  g1_applies_uncommitted, // a backup applies ops as it receives them
  g1_acks_any_session,    // an acknowledgement of any epoch and session counts
  g2_cuts_at_first,       // cuts at the first op that is sent, not at the first that differs
  g3_old_snapshot,
  g3_without_frames,  // a snapshot lacks the frames taken
  g3_mixed_sessions,  // a piece of an older session's snapshot counts for the newer one
  g3_piece_missing,   // a snapshot is installed although a piece of it was lost
  g4_processed_again, // a frame at the cursor makes another op, which is applied
  g5_forgets_taken,   // a camera is forgotten although frames of it are held
  c1_anyone_claims,
  c2_acts_in_handover,      // the old primary goes on, and the heir waits for nobody
  c2_told_too_early,        // the heir is told before the decision
  c3_one_is_enough,         // starts again if one member of the last view has ended
  c3_forced_early,          // a forced promotion overrides the promise to a primary
  c5_incarnation_reused,    // in the simulator's node: a new process keeps the old incarnation
  o1_takes_lower_epochs,    // receivers obey them
  o1_claims_below_heard,    // a claim is above the epoch of the view alone
  o2_publishes_uncommitted, // in the simulator's node
  sense_any_number,         // no number is too far ahead
  sense_any_view,           // no view is nonsense
  sense_any_ops,            // nor are ops
};

inline constexpr auto last_mutant = mutant::sense_any_ops;

#ifdef MONOPOD_MUTANTS
/// The rule that is broken in all replicas of this thread.
inline thread_local mutant broken_rule = mutant::none;
inline bool broken(mutant which) { return broken_rule == which; }
#else
constexpr bool broken(mutant) { return false; }
#endif

} // namespace monopod
