// The contract of a replica's step(): what it is made from, what it is given, what it asks for, and
// what its caller owes it. docs/replication.md tells the rules by their names.
#pragma once

#include "replication/lease.hpp"
#include "replication/op_log.hpp"
#include "replication/peer.hpp"
#include "replication/register.hpp"
#include "replication/snapshot_pieces.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace monopod {

/// One place of the group, from the configuration.
struct place {
  std::string name;
  bool holds_ledger = true; // false: a witness (C4)
  bool votes = true;
};

struct replica_settings {
  member self;                // an incarnation that no process ever had before (C5)
  std::uint64_t voter_id = 1; // from the state file; drawn anew where that is lost (R4)
  std::vector<place> group;   // this replica among them; at most limits::group_members
  lease_times times;
  bool ops_on_disk = false;      // durability = disk: held means synced (G1)
  piece_sizes pieces;            // of a snapshot; at most the limits
  std::uint64_t first_epoch = 1; // of a new group: wall clock's milliseconds << 8 (R3)
  std::uint64_t seed = 1;        // of back-offs
};

/// What a replica finds on its disk when it starts.
struct replica_state {
  register_state votes;
  view_ptr decided;           // newest decided view; null: none, or the file is lost
  std::vector<op_bytes> tail; // ops after the ledger's, with durability `disk`
};

// -- inputs

namespace input {
/// Time passes: not later than next_tick_ns() says, as often as one likes.
struct tick {};
/// A message of a peer, whose name is authenticated. After a pause, all of them before a tick (L1).
struct received {
  member from;
  peer::message body;
};
/// An op of this node's own, sealed with epoch() and next_index(); only while accepting(). Not
/// urgent: it leaves with the next one that is, or with a beat after D.
struct append {
  op_bytes op;
  bool urgent = true;
};
/// The register's save with this number, and all before it, are on disk.
struct saved {
  std::uint64_t number = 0;
};
/// The same of the ops' writes.
struct stored {
  std::uint64_t number = 0;
};
/// Leave the primary's role to this member, or to any (C2).
struct hand_over {
  std::string to;
};
/// The process is about to end (SIGTERM): hands over if it is primary, is taken out of in_sync, and
/// does not come back; has_left() says when it may end.
struct leave {};
/// Adds a voter, or removes it (R4); the primary does it, others ignore it.
struct change_voters {
  voter which;
  bool add = true;
};
/// Somebody outside has heard of this epoch (O1).
struct outside_epoch {
  std::uint64_t epoch = 0;
};
/// The operator takes the blame for what may be lost (C3).
struct force_promotion {};
/// What was on its way to the peers, and from them, may be gone: the connections are new.
struct links_lost {};
} // namespace input

using replica_input =
    std::variant<input::tick, input::received, input::append, input::saved, input::stored,
                 input::hand_over, input::leave, input::change_voters, input::outside_epoch,
                 input::force_promotion, input::links_lost>;

// -- outputs

/// What a step asks for. The order that binds:
/// - `messages` may leave at once, even before anything else here is done: an answer that needs
///   the disk (R2, G1 with ops_on_disk) is held back by the replica itself until saved or stored
///   says so.
/// - `save`: written and synced as a whole, in order of numbers (an older one may be skipped); then
///   input::saved.
/// - `writes`: in order; each takes the place of everything on disk from its first op on (with a
///   ledger: of everything); then input::stored. Only with ops_on_disk.
/// - `committed`: facts. What they cause outside (an acknowledgement, a publication) asks may_act()
///   with a clock read afresh before each effect (L1, O2); what can't be done then is done by
///   whoever is primary next, from its ledger.
struct replica_outputs {
  struct save_request {
    std::uint64_t number = 0;
    register_state votes;
    view_ptr decided;
  };
  struct write_request {
    std::uint64_t number = 0;
    op_bytes ledger; // wire::Snapshot to start from; null: goes on from what is there
    std::shared_ptr<const std::deque<ledger::entry>> entries;
    std::uint64_t first = 1;
    std::vector<op_bytes> ops;
  };
  std::vector<peer::outgoing> messages;
  std::optional<save_request> save;
  std::vector<write_request> writes;
  std::vector<committed_op> committed;

  void clear() {
    messages.clear();
    save.reset();
    writes.clear();
    committed.clear();
  }
};

struct replica_counts {
  std::uint64_t view_changes = 0; // epochs that began here
  std::uint64_t step_downs = 0;   // leases that ended
  std::uint64_t taken_out = 0;    // members dropped from in_sync
  std::uint64_t restarts = 0;     // C3: the group started again
  std::uint64_t surprises = 0;    // messages that no correct peer sends
};

} // namespace monopod
