// The log of ops on top of the ledger: what is committed is in the ledger, what is not waits here.
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

/// Ops by index: 1 .. last(), of which 1 .. commit() are applied to the ledger, for ever. An op is
/// the same wherever index and birth epoch are the same, and so is all before it. Not thread-safe.
class op_log {
public:
  /// `state` with everything committed so far.
  explicit op_log(ledger state)
      : ledger_(std::move(state)), kept_from_(ledger_.next_index()),
        epoch_before_(ledger_.last_epoch()) {}

  const ledger& state() const { return ledger_; }
  std::uint64_t commit() const { return ledger_.next_index() - 1; }
  std::uint64_t last() const { return kept_from_ + ops_.size() - 1; }
  /// Birth epoch and index of the last op.
  position end() const { return {ops_.empty() ? epoch_before_ : epoch_of(ops_.back()), last()}; }

  /// Adds a verified op with index last() + 1.
  void append(op_bytes op);

  /// What becomes of an op that the primary has at its index.
  enum class matching { same, added, cut_and_added, gap, against_commit };
  /// Adds `op`, after cutting everything from its index on where another op is there (G2). A
  /// committed op is never cut: against_commit changes nothing.
  matching match(const op_bytes& op);

  /// Applies what is not yet, up to `index` (at most last()); adds it to `done`.
  void commit_to(std::uint64_t index, std::vector<committed_op>& done);

  /// The op with this index, of those kept: kept_from() .. last().
  const op_bytes& at(std::uint64_t index) const { return ops_[index - kept_from_]; }
  std::uint64_t kept_from() const { return kept_from_; }
  /// Lets go of committed ops up to `index`: nobody is sent them any more.
  void forget_to(std::uint64_t index);

  /// Takes the place of everything: a ledger as of its own index.
  void install(ledger state);

private:
  static std::uint64_t epoch_of(const op_bytes& op) { return wire::GetOp(op->data())->epoch(); }
  void cut(std::uint64_t from);

  ledger ledger_;
  std::uint64_t kept_from_;
  std::deque<op_bytes> ops_;   // from kept_from_ on; from the least that a backup holds
  std::uint64_t epoch_before_; // of the op before those
};

} // namespace monopod
