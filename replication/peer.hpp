// What the replicas of a group say to each other. schemas/peer.fbs has the same on the wire.
#pragma once

#include "replication/ledger.hpp"
#include "replication/view.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace monopod::peer {

// -- register. A request names the voter by its id: another one under the name does not answer.

/// What do you hold? Promises nothing (R5).
struct look {};
/// Also tells who is alive under which incarnation, and how far its ops go (C3).
struct looked {
  std::uint64_t voter_id = 0;
  ballot accepted;
  view_ptr value;   // null: none yet
  view_ptr decided; // newest known; null: none
  position last;
};
struct prepare {
  std::uint64_t voter_id = 0;
  ballot number;
};
struct promised {
  std::uint64_t voter_id = 0;
  ballot number;
  ballot accepted;
  view_ptr value; // null: none yet
};
struct accept {
  std::uint64_t voter_id = 0;
  ballot number;
  view_ptr value;
};
struct accepted {
  std::uint64_t voter_id = 0;
  ballot number;
};
struct refused {
  std::uint64_t voter_id = 0;
  ballot number;
  ballot promise; // what stands against it
};
/// A view that is decided.
struct decided {
  view_ptr value;
};

// -- lease

struct beat {
  std::uint64_t epoch = 0;
  std::uint64_t number = 0; // never used again by this incarnation
  std::uint64_t commit = 0; // everything up to this op is committed
};
struct beat_answer {
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;
  std::uint64_t version = 0; // of the newest decided view known; the primary tells a newer one
};
/// The primary never acts again in this epoch (L3).
struct step_down {
  std::uint64_t epoch = 0;
};
/// Answer to whoever is behind: a higher epoch is known (O1).
struct stale {
  std::uint64_t epoch = 0;
};

// -- ledger

/// A replica that is not in sync, or a voter that is not listed, asks the primary to take it.
struct join {
  std::uint64_t voter_id = 0;
  bool holds_ledger = true; // false: a witness
};
/// A member is about to end: the primary takes it out at once.
struct leave {};
/// A part of the primary's ledger as it was at one op, for one joiner; ops after it follow as
/// appends. All pieces' `state`, one after the other, is a wire::Snapshot, all `entries` the
/// ops that belong to it (ledger::held).
struct snapshot_piece {
  std::uint64_t epoch = 0;
  std::uint64_t session = 0;     // 1, 2, ... in this epoch
  std::uint64_t incarnation = 0; // of the joiner that it is for
  std::uint64_t number = 0;      // 0, 1, ...
  bool last = false;
  std::vector<std::uint8_t> state;
  std::vector<op_bytes> entries;
};
/// The joiner has the first `pieces` of that session's snapshot. When it has all, it says ack.
struct pieces_taken {
  std::uint64_t epoch = 0;
  std::uint64_t session = 0;
  std::uint64_t pieces = 0;
};
struct append {
  std::uint64_t epoch = 0;
  std::uint64_t session = 0;     // 0: in sync since the epoch began
  std::uint64_t incarnation = 0; // of the member that it is for
  std::uint64_t first = 1;       // index of ops[0], or of the next op where there is none
  std::vector<op_bytes> ops;
  std::uint64_t commit = 0;
};
/// The receiver's log is the primary's up to `index` (with durability `disk`: on its disk).
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
