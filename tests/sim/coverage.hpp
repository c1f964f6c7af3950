// The situations that a run reached. A rule is tested only by the seeds that reach its situation.
#pragma once

#include "replication/replica.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace monopod::sim {

enum class situation : std::uint8_t {
  new_epoch,      // a view of a later epoch is chosen
  handover,       // the primary names its heir
  stepped_down,   // a primary stepped down
  two_primaries,  // a replica leads while an earlier primary does not know it yet
  tail_cut,       // a log gave up ops that it held
  taken_out,      // a member leaves in_sync while its primary goes on
  joined,         // a member joins in_sync
  alone,          // nobody but the primary is in sync
  voter_added,    // a chosen view has one more voter
  voter_removed,  // or one less
  voters_differ,  // a voter tells its proposer of other voters than the proposer knows
  round_refused,  // a ballot was too low
  file_lost,      // a node starts without its files
  promoted,       // a forced promotion made a primary of a member that was not in sync
  started_again,  // every member in sync had ended (C3)
  founded_again,  // all voters had lost their files (R3)
  epoch_skipped,  // a claim went above an epoch that was only heard of (O1)
  nonsense_heard, // a message was refused because it made no sense
};
inline constexpr std::size_t situations = static_cast<std::size_t>(situation::nonsense_heard) + 1;

std::string_view name_of(situation s);

/// Notes the situations that a run reaches. Each call notes those that it shows.
class coverage {
public:
  using set = std::bitset<situations>;

  void reach(situation s) { reached_.set(static_cast<std::size_t>(s)); }
  /// `now` is chosen after `before`.
  void chosen(const group_view& before, const group_view& now);
  /// A message is on its way to `to`.
  void sent(const peer::message& m, const replica& to);
  const set& reached() const { return reached_; }

private:
  set reached_;
};

} // namespace monopod::sim
