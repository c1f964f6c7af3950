// The ground truth: which views were chosen, which ops were committed and told outside, and the
// invariants that must hold about them.
#pragma once

#include "tests/sim/coverage.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace monopod::sim {

std::string text(const group_view& v);

/// One running replica, as far as the truth must know it.
struct witnessed {
  const replica* core = nullptr;
  std::uint64_t now_ns = 0;                    // by its own clock, at this moment
  std::uint64_t disk_last = 0;                 // last op on its disk, with durability `disk`
  const std::vector<op_bytes>* disk = nullptr; // the ops on it, from disk_first on
  std::uint64_t disk_first = 1;
};

class truth {
public:
  truth(bool ops_on_disk, coverage& seen) : ops_on_disk_(ops_on_disk), seen_(seen) {}

  /// The first violation; empty if there is none.
  const std::string& violation() const { return violation_; }
  void violated(const std::string& invariant, const std::string& how) {
    if (violation_.empty())
      violation_ = invariant + ": " + how;
  }

  /// Voters are asked to accept this view.
  void asked(const group_view& v) { asked_ = std::max(asked_, v.version); }
  /// The version of the newest view that voters were asked to accept; it may be on its way to them.
  std::uint64_t newest_asked() const { return asked_; }
  /// A voter has this acceptance on its disk. Returns whether that makes a new view chosen.
  bool accepted(const voter& who, const ballot& number, const view_ptr& value,
                const std::vector<witnessed>& all);
  /// Checks that a view that some replica takes for decided is one (I7).
  void check_known(const group_view& v);
  /// The operator promotes this member by force: data may be lost, and it may act while an earlier
  /// primary does (C3, I2).
  void forced(const member& who) { forced_.insert(who); }
  /// From now on epochs may be ahead of a wall clock. A group that all its nodes have forgotten may
  /// then be founded below its old epochs (R3), until it hears of them from outside (O1).
  void clocks_lag() { clocks_lag_ = true; }
  const view_ptr& chosen() const { return chosen_; }
  /// The chosen view, and the later ones that some voter holds, each of which may turn out to be
  /// chosen.
  std::vector<view_ptr> possible() const;

  /// `who` committed these ops (I6, I9).
  void committed(const replica& who, const std::vector<committed_op>& done);
  /// `who` acts outside, now: its committed ops are promised for ever (I1, I2, I4).
  void effect(const replica& who, std::uint64_t index, const std::vector<witnessed>& all);
  /// Checks that every running member of the chosen view holds the promised ops (I4).
  void check_members(const std::vector<witnessed>& all, const char* when);

  std::uint64_t epochs() const { return epochs_; }
  /// How often the group had to start again from memory, which loses the ops that no other member
  /// held.
  std::uint64_t losses() const { return losses_; }

private:
  struct record {
    std::uint64_t epoch = 0; // the birth epoch
    op_bytes bytes;
  };
  void choose(const ballot& number, const view_ptr& value, const std::vector<witnessed>& all);
  void step_to(const view_ptr& v, const std::vector<witnessed>& all);
  void forget_all(const view_ptr& founded);
  void start_again(std::uint64_t keep);
  bool holds(const witnessed& w, std::uint64_t index) const;

  bool ops_on_disk_;
  coverage& seen_;
  std::string violation_;
  std::map<ballot, view_ptr> made_; // every view accepted anywhere, by its `born`
  std::map<std::pair<ballot, ballot>, std::set<voter>> accepts_; // by round and value
  std::uint64_t asked_ = 0;
  ballot chosen_at_;
  view_ptr chosen_;
  std::set<ballot> history_;              // `born` of all views that were chosen
  std::map<std::uint64_t, member> owner_; // epoch -> primary
  std::vector<record> ops_;               // committed, by index - 1
  std::set<std::string> keys_;
  std::uint64_t promised_ = 0; // ops up to here have had effects
  std::uint64_t epochs_ = 0;
  std::uint64_t losses_ = 0;
  bool fresh_start_ = false; // the next commit may overwrite
  bool clocks_lag_ = false;
  std::set<member> forced_;
  std::uint64_t forced_from_ = 0; // the epoch of the last forced promotion
  std::uint64_t started_ = 0;     // the epoch of the last such start; older ones are history
};

} // namespace monopod::sim
