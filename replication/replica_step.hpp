// The contract of a replica's step(): what the replica is made from, its inputs and its outputs.
// docs/replication.md says what the caller owes, and states the rules by their names.
#pragma once

#include "core/limits.hpp"
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
  member self;                // its incarnation is one that no process had before (C5)
  std::uint64_t voter_id = 1; // from the state file; drawn anew if that is lost (R4)
  std::vector<place> group;   // this replica among them; at most limits::group_members
  lease_times times;
  bool ops_on_disk = false;      // durability = disk: held means synced (G1)
  piece_sizes pieces;            // of a snapshot; at most the limits
  std::uint64_t first_epoch = 1; // of a new group: the wall clock in milliseconds << 8 (R3)
  std::uint64_t epoch_max = limits::number_max / 2; // credible_epoch() of the wall clock
  std::uint64_t seed = 1;                           // for the back-offs
};

/// The state that a replica finds on its disk at its start.
struct replica_state {
  register_state votes;
  view_ptr decided;           // the newest decided view; null: none, or the file is lost
  std::vector<op_bytes> tail; // the ops after the ledger's, with durability `disk`
};

// -- inputs

namespace input {
/// Time passes. Due at next_tick_ns() at the latest; earlier and more often does no harm.
struct tick {};
/// A message from a peer whose name and incarnation are proven. After a pause, everything that has
/// arrived is given in before the next tick (L1).
struct received {
  member from;
  peer::message body;
};
/// An op of this node's own, sealed with epoch() and next_index(). Allowed only while accepting().
/// An op that is not urgent leaves with the next urgent one, or after D with a beat.
struct append {
  op_bytes op;
  bool urgent = true;
};
/// The save with this number, and all before it, are on disk (R2).
struct saved {
  std::uint64_t number = 0;
};
/// The write of ops with this number, and all before it, are on disk (G1).
struct stored {
  std::uint64_t number = 0;
};
/// Hand the role of the primary over to this member, or to any if `to` is empty (C2). Ignored by a
/// replica that is not primary.
struct hand_over {
  std::string to;
};
/// The process is about to end (SIGTERM): the replica hands over if it is primary, has itself taken
/// out of in_sync, and does not join again. has_left() says when the process may end (C2).
struct leave {};
/// Adds or removes a voter (R4). Only the primary does it; others ignore it.
struct change_voters {
  voter which;
  bool add = true;
};
/// A camera, an application or a peer has heard of this epoch (O1).
struct outside_epoch {
  std::uint64_t epoch = 0;
};
/// The operator accepts that data may be lost (C3).
struct force_promotion {};
/// The connections are new, so whatever was on its way to or from the peers may be lost.
struct links_lost {};
} // namespace input

using replica_input =
    std::variant<input::tick, input::received, input::append, input::saved, input::stored,
                 input::hand_over, input::leave, input::change_voters, input::outside_epoch,
                 input::force_promotion, input::links_lost>;

// -- outputs

/// The requests of a step to its caller, and the order that binds the caller:
/// - `messages` may leave at once, even before anything else here is done: the replica itself holds
///   back each answer that depends on the disk (R2, G1 with ops_on_disk) until saved or stored
///   arrives.
/// - `save` is written and synced as a whole, in the order of the numbers (an older one may be
///   skipped); then input::saved is due.
/// - `writes` are written and synced in order; then input::stored is due. Each replaces everything
///   on disk from its first op on, and with a ledger everything. Only with ops_on_disk.
/// - `committed` are facts. Before each effect that they cause outside (an acknowledgement, a
///   publication), the caller asks may_act() with a clock that was read afresh (L1, O2). An effect
///   that is not allowed then is caused by the next primary, from its ledger.
struct replica_outputs {
  struct save_request {
    std::uint64_t number = 0;
    register_state votes;
    view_ptr decided;
  };
  struct write_request {
    std::uint64_t number = 0;
    op_bytes ledger; // a wire::Snapshot to start from; null: the write continues what is there
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
  std::uint64_t view_changes = 0; // epochs that began with this primary
  std::uint64_t step_downs = 0;   // leases that ended
  std::uint64_t taken_out = 0;    // members dropped from in_sync
  std::uint64_t restarts = 0;     // C3: claims that did without a member in sync
  std::uint64_t surprises = 0;    // messages that no correct peer sends; they are refused
};

} // namespace monopod
