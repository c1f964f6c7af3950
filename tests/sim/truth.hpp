// Ground truth: what the voters have chosen, what was committed and told outside, and the
// invariants that must hold about it.
#pragma once

#include "replication/replica.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace monopod::sim {

std::string text(const group_view& v);

/// What the truth must know of one running replica.
struct witnessed {
  const replica* core = nullptr;
  std::uint64_t now_ns = 0;                    // by its own clock, at this moment
  std::uint64_t disk_last = 0;                 // ops on its disk, with durability `disk`
  const std::vector<op_bytes>* disk = nullptr; // those from disk_first on
  std::uint64_t disk_first = 1;
};

class truth {
public:
  explicit truth(bool ops_on_disk) : ops_on_disk_(ops_on_disk) {}

  /// The first violation; empty: none.
  const std::string& violation() const { return violation_; }
  void violated(const std::string& invariant, const std::string& how) {
    if (violation_.empty())
      violation_ = invariant + ": " + how;
  }

  /// Voters are asked to accept this.
  void asked(const group_view& v) { asked_ = std::max(asked_, v.version); }
  /// Version of the newest view that was asked for: it may be on its way to voters.
  std::uint64_t newest_asked() const { return asked_; }
  /// A voter has this on its disk. True where a new view is chosen by it.
  bool accepted(const voter& who, const ballot& number, const view_ptr& value,
                const std::vector<witnessed>& all);
  const view_ptr& chosen() const { return chosen_; }
  /// The chosen view, and those after it that some voter holds: each may turn out to be chosen.
  std::vector<view_ptr> possible() const;

  /// `who` committed these ops (I6, I9).
  void committed(const replica& who, const std::vector<committed_op>& done);
  /// `who` acts outside, now: what it has committed is promised for ever (I1, I2, I4).
  void effect(const replica& who, std::uint64_t index, const std::vector<witnessed>& all);
  /// Every running member of the chosen view holds what was promised (I4).
  void check_members(const std::vector<witnessed>& all, const char* when);

  std::uint64_t epochs() const { return epochs_; }
  /// Times that the group had to start again from memory: what was not elsewhere is lost.
  std::uint64_t losses() const { return losses_; }

private:
  struct record {
    std::uint64_t epoch = 0; // birth
    op_bytes bytes;
  };
  void choose(const ballot& number, const view_ptr& value, const std::vector<witnessed>& all);
  void step_to(const view_ptr& v, const std::vector<witnessed>& all);
  void forget_all(const view_ptr& founded);
  void start_again(std::uint64_t keep);
  bool holds(const witnessed& w, std::uint64_t index) const;

  bool ops_on_disk_;
  std::string violation_;
  std::map<ballot, view_ptr> made_; // every view accepted anywhere, by the ballot it was born in
  std::map<std::pair<ballot, ballot>, std::set<voter>> accepts_; // by round and value
  std::uint64_t asked_ = 0;
  ballot chosen_at_;
  view_ptr chosen_;
  std::set<ballot> history_;              // born, of all views chosen
  std::map<std::uint64_t, member> owner_; // epoch -> primary
  std::vector<record> ops_;               // committed, by index - 1
  std::set<std::string> keys_;
  std::uint64_t promised_ = 0; // ops up to here have had effects
  std::uint64_t epochs_ = 0;
  std::uint64_t losses_ = 0;
  bool fresh_start_ = false;  // the next commit may overwrite
  std::uint64_t started_ = 0; // epoch of the last such start; what is older is history
};

} // namespace monopod::sim
