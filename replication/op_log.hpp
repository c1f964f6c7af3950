// The log of ops on top of the ledger: committed ops are in the ledger, the others wait here.
#pragma once

#include "replication/ledger.hpp"
#include "replication/view.hpp"

#include <cstdint>
#include <deque>
#include <vector>

namespace monopod {

/// An op that has become committed, and what the ledger made of it.
struct committed_op {
  op_bytes bytes;
  apply_result result = apply_result::stale;
  std::vector<std::uint64_t> released; // ledger::released() after it
};

/// Ops by index: 1 .. last(), of which 1 .. commit() are applied to the ledger for ever. If two
/// logs have ops with the same index and birth epoch, these ops and all before them are the same
/// (G2). Not thread-safe.
class op_log {
public:
  /// `state` has everything that is committed so far.
  explicit op_log(ledger state)
      : ledger_(std::move(state)), kept_from_(ledger_.next_index()),
        epoch_before_(ledger_.last_epoch()) {}

  const ledger& state() const { return ledger_; }
  std::uint64_t commit() const { return ledger_.next_index() - 1; }
  std::uint64_t last() const { return kept_from_ + ops_.size() - 1; }
  /// The birth epoch and the index of the last op.
  position end() const { return {ops_.empty() ? epoch_before_ : epoch_of(ops_.back()), last()}; }

  /// Adds a verified op, which must have the index last() + 1.
  void append(op_bytes op);

  /// The outcome of match() for an op of the primary's.
  enum class matching { same, added, cut_and_added, gap, against_commit };
  /// Adds `op` if it is not there; if another op has its index, everything from there on is cut
  /// first (G2). A committed op is never cut: against_commit, like gap, changes nothing.
  matching match(const op_bytes& op);

  /// Applies the ops up to `index` (at most last()) that are not applied yet, and adds them to
  /// `done`.
  void commit_to(std::uint64_t index, std::vector<committed_op>& done);

  /// The op with this index, which must be one of those kept: kept_from() .. last().
  const op_bytes& at(std::uint64_t index) const { return ops_[index - kept_from_]; }
  std::uint64_t kept_from() const { return kept_from_; }
  /// Lets go of the committed ops up to `index`, which nobody needs to be sent any more.
  void forget_to(std::uint64_t index);

  /// Replaces everything by a ledger, as of its last op (G3).
  void install(ledger state);

private:
  static std::uint64_t epoch_of(const op_bytes& op) { return wire::GetOp(op->data())->epoch(); }
  void cut(std::uint64_t from);

  ledger ledger_;
  std::uint64_t kept_from_;
  std::deque<op_bytes> ops_;   // from kept_from_ on: all that a backup may lack
  std::uint64_t epoch_before_; // of the op before them
};

} // namespace monopod
