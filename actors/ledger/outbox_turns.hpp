// The entry of a cloud's outbox that goes next: the backlog oldest first, and fresh results in
// between.
#pragma once

#include "replication/ledger.hpp"

#include <cstdint>
#include <string_view>

namespace monopod {

/// The order in which one cloud's entries are handed to the cloud stage. The entries that the
/// ledger held when the cloud (re)attached are its backlog; later ones are fresh. While both wait,
/// `share` of the entries sent are fresh ones, so that a fresh result waits for at most 1/share
/// turns of the window and not for the backlog. Each kind goes oldest first. Pure.
class outbox_turns {
public:
  /// `share`: 0 (the backlog goes first) to 1 (fresh results do).
  explicit outbox_turns(double share = 0) : share_(share) {}

  /// All unconfirmed entries go again; those up to `newest` are the backlog.
  void start_again(std::uint64_t newest) {
    backlog_to_ = newest;
    backlog_sent_to_ = 0;
    fresh_sent_to_ = newest;
    draining_ = true;
    owed_ = 0;
  }

  /// The entry whose turn it is; null if all have been sent. Valid until the next op.
  const ledger::entry* next(const ledger& from, std::string_view cloud) {
    const auto* fresh = from.next_entry(cloud, fresh_sent_to_);
    if (!draining_)
      return fresh;
    const auto* old = from.next_entry(cloud, backlog_sent_to_);
    if (old == nullptr || old->index > backlog_to_) {
      draining_ = false;
      return fresh;
    }
    shared_ = fresh != nullptr;
    return shared_ && owed_ + share_ >= 1 ? fresh : old;
  }

  /// The entry that next() returned has been sent.
  void sent(std::uint64_t index) {
    const bool fresh = index > backlog_to_;
    (fresh ? fresh_sent_to_ : backlog_sent_to_) = index;
    if (draining_ && shared_)
      owed_ += share_ - (fresh ? 1 : 0);
  }

  /// Whether a backlog waits to be sent.
  bool draining() const { return draining_; }

private:
  double share_;
  std::uint64_t backlog_to_ = 0;
  std::uint64_t backlog_sent_to_ = 0;
  std::uint64_t fresh_sent_to_ = 0;
  bool draining_ = false;
  bool shared_ = false; // both kinds waited at the last next()
  double owed_ = 0;     // entries that fresh results have not had of their share
};

} // namespace monopod
