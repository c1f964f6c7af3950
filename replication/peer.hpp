// The messages between the replicas of a group. schemas/peer.fbs has the same on the wire.
#pragma once

#include "replication/ledger.hpp"
#include "replication/view.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace monopod::peer {

// -- register (R1 to R5). A request names the voter by its id, so another voter under that name
// does not answer.

/// Asks what the receiver holds. An answer promises nothing (R5).
struct look {};
/// Answers a look. It also proves that its sender is alive, under which incarnation, and tells how
/// far its ops go (C3).
struct looked {
  std::uint64_t voter_id = 0;
  ballot accepted;
  view_ptr value;   // null: none yet
  view_ptr decided; // the newest known; null: none
  position last;
};
/// Asks for the promise of a ballot, and for the value accepted so far (R2).
struct prepare {
  std::uint64_t voter_id = 0;
  ballot number;
};
/// Answers a prepare: the voter takes no lower ballot any more.
struct promised {
  std::uint64_t voter_id = 0;
  ballot number;
  ballot accepted;
  view_ptr value; // null: none yet
};
/// Asks to accept a value in the ballot that was promised.
struct accept {
  std::uint64_t voter_id = 0;
  ballot number;
  view_ptr value;
};
/// Answers an accept: the value is accepted, and the proposer's next ballot is promised (R2).
struct accepted {
  std::uint64_t voter_id = 0;
  ballot number;
};
/// Answers a prepare or an accept with too low a ballot.
struct refused {
  std::uint64_t voter_id = 0;
  ballot number;
  ballot promise; // the promise that stands against it
};
/// Tells a view that is decided.
struct decided {
  view_ptr value;
};

// -- lease (L1 to L5)

/// The primary is there. Its lease and the receiver's promise hang on it (L1).
struct beat {
  std::uint64_t epoch = 0;
  std::uint64_t number = 0; // never used again by this incarnation
  std::uint64_t commit = 0; // all ops up to this one are committed
};
/// Answers a beat, and so prolongs the primary's lease (L1).
struct beat_answer {
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;
  std::uint64_t version = 0; // of the newest decided view known; the primary answers with a newer
                             // one
};
/// The primary never acts again in this epoch (L3).
struct step_down {
  std::uint64_t epoch = 0;
};
/// Answers a primary of an older epoch: a higher one is known (O1).
struct stale {
  std::uint64_t epoch = 0;
};

// -- ledger

/// A replica that is not in sync, or a voter that is not listed, asks the primary to take it in.
struct join {
  std::uint64_t voter_id = 0;
  bool holds_ledger = true; // false: a witness
};
/// A member is about to end; the primary takes it out at once (L5).
struct leave {};
/// A part of the primary's ledger as it was at one op, for one joiner; later ops follow as appends
/// (G3). The `state` of all pieces, one after the other, is a wire::Snapshot, and the `entries` of
/// all are the ops that belong to it (ledger::held).
struct snapshot_piece {
  std::uint64_t epoch = 0;
  std::uint64_t session = 0;     // 1, 2, ... in this epoch
  std::uint64_t incarnation = 0; // of the joiner that this is for
  std::uint64_t number = 0;      // 0, 1, ...
  bool last = false;
  std::vector<std::uint8_t> state;
  std::vector<op_bytes> entries;
};
/// The joiner has the first `pieces` of that session's snapshot. Once it has all, it sends an ack
/// instead. 0: it got ops of that session and does not have its snapshot, so it must join anew.
struct pieces_taken {
  std::uint64_t epoch = 0;
  std::uint64_t session = 0;
  std::uint64_t pieces = 0;
};
/// Ops from the primary's log, for one member (G1).
struct append {
  std::uint64_t epoch = 0;
  std::uint64_t session = 0;     // 0: in sync since the epoch began
  std::uint64_t incarnation = 0; // of the member that this is for
  std::uint64_t first = 1;       // index of ops[0]; with no ops, that of the next one
  std::vector<op_bytes> ops;
  std::uint64_t commit = 0;
};
/// The sender's log is the primary's up to `index`, with durability `disk` on its disk (G1).
struct ack {
  std::uint64_t epoch = 0;
  std::uint64_t session = 0;
  std::uint64_t index = 0;
};

using message = std::variant<look, looked, prepare, promised, accept, accepted, refused, decided,
                             beat, beat_answer, step_down, stale, join, leave, snapshot_piece,
                             pieces_taken, append, ack>;

/// A message on its way to the replica of that name.
struct outgoing {
  std::string to;
  message body;
};

} // namespace monopod::peer
