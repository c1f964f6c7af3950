// Tells nonsense from messages that make sense. Nonsense is refused before anything believes it, so
// that no message can break an invariant or exhaust the numbers that rise. A message that makes
// sense may still be wrong; the rules of register, lease and ledger allow for that.
#pragma once

#include "replication/peer.hpp"
#include "replication/view.hpp"

#include <cstdint>

namespace monopod {

/// The highest numbers that a replica believes at this moment (limits::number_leap, epoch_leap).
struct credible {
  std::uint64_t epoch = 0;
  std::uint64_t round = 0;
  std::uint64_t version = 0;
};

/// Whether a view may be one that a group has decided: its primary is in sync, there are voters, no
/// member and no voter is there twice, and its numbers are credible.
bool makes_sense(const group_view& v, const credible& most);

/// Whether `m` may be from `from`: its numbers are credible, its views make sense, a request of the
/// register carries a ballot of its sender, and ops follow each other in index and epoch.
bool makes_sense(const member& from, const peer::message& m, const credible& most);

/// The epoch and the round that `m` is of, or that a value in it is of; 0 for what it has not.
credible numbers_of(const peer::message& m);

/// Whether a snapshot may be one that a ledger has written: no more cameras and subscriptions than
/// there may be, valid names, and no number above limits::number_max.
bool makes_sense(const wire::Snapshot& s);

/// Whether an op may be applied: its names are valid and its numbers at most limits::number_max.
/// The same bound holds for writing an op and for reading it.
bool makes_sense(const wire::Op& op);

} // namespace monopod
