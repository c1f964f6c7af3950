// The rules that can be broken on purpose, to see that the simulator notices. The product is built
// without MONOPOD_MUTANTS: there, broken() is false at compile time and nothing of this is left.
#pragma once

#include <cstdint>

namespace monopod {

/// One way of getting a rule wrong, named by the rule of docs/replication.md.
enum class mutant : std::uint8_t {
  none,
  r1_blind_change,   // a change writes what it had in mind, whatever the register holds
  r2_ballots_reused, // a round that is repeated keeps its ballot, and a voter promises it twice
  r2_accepts_below_promise,
  r2_answers_before_sync,
  r2_reads_any_value,    // takes the first value it is told, not the one of the highest ballot
  r3_promises_forgotten, // a voter that lost its file goes on under its old id
  r4_votes_by_name,      // whoever answers under a voter's name counts
  r4_two_at_once,        // swaps a voter for another in one change, by the new set's majority
  r5_duels,              // no look, no rank, no back-off, and a time-out that does not grow
  l1_lease_from_receipt,
  l1_stale_answers,     // an answer counts for the newest beat, whichever it names
  l1_cached_time,       // the shell's: the time from before a pause
  l1_no_margin,         // G = L
  l2_any_member,        // one member's lease is enough
  l2_joiner_late,       // a joiner counts only when the view with it is decided
  l2_unknown_is_failed, // a change that timed out is taken as not made
  l3_no_step_down,
  l4_answers_while_claiming,
  l4_claims_early,    // whatever it has promised
  l5_dropped_at_once, // a silent member stops counting before that is decided
  l5_drops_blindly,   // without having heard a majority of voters
  l5_never_dropped,
  g1_commit_by_any,       // committed when the first backup holds it
  g1_applies_uncommitted, // a backup applies what it was sent
  g1_acks_any_session,    // an acknowledgement counts whatever epoch and session it names
  g2_cuts_at_first,       // cuts at the first op it is sent, not at the first that differs
  g3_old_snapshot,
  g3_without_frames,  // a snapshot has no frames taken
  g3_mixed_sessions,  // a piece of an older session's snapshot is taken for one of the newer
  g3_piece_missing,   // a snapshot is installed though a piece of it was lost
  g4_processed_again, // the shell's: a frame at the cursor makes an op, and it is applied
  c1_anyone_claims,
  c2_acts_in_handover,     // the old one goes on, and the new one waits for nobody
  c2_told_too_early,       // the successor is told before the decision
  c3_one_is_enough,        // starts again when one of the last view is gone
  c5_incarnation_reused,   // the shell's: a new process goes on under the old one's
  o1_takes_lower_epochs,   // receivers do
  o2_publishes_uncommitted // the shell's
};

inline constexpr auto last_mutant = mutant::o2_publishes_uncommitted;

#ifdef MONOPOD_MUTANTS
/// What is broken in all replicas of this thread.
inline thread_local mutant broken_rule = mutant::none;
inline bool broken(mutant which) { return broken_rule == which; }
#else
constexpr bool broken(mutant) { return false; }
#endif

} // namespace monopod
