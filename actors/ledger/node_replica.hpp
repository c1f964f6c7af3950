// The node's replica on its loop: how an op becomes committed, in memory, on disk, or in a group.
#pragma once

#include "actors/ledger/ledger_writer.hpp"
#include "actors/ledger/state_writer.hpp"
#include "actors/metrics.hpp"
#include "actors/runtime/loop.hpp"
#include "core/config/config.hpp"
#include "replication/replica.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

/// Joins the pure replica with this node's clock and disk. Its state() is committed: on disk with
/// durability `disk`, and in a group held by all members that count, so that the ledger never shows
/// a state that a crash could take back. Outlives the ledger stage and the replicator, to which it
/// is lent: a restarted one goes on where its predecessor was. Used on the loop's thread; the clock
/// is read afresh for each question about a lease (L1).
class node_replica {
public:
  /// With conf.ledger.durability == disk: opens the store and restores the ledger from it, which is
  /// logged. Throws std::runtime_error with the remedy if that fails. `file`: the state file of a
  /// member of the group that `conf` describes; null: a node on its own, primary from the start.
  node_replica(loop& host, const config& conf, metrics& metrics,
               std::unique_ptr<state_file> file = nullptr);
  ~node_replica();
  node_replica(const node_replica&) = delete;
  node_replica& operator=(const node_replica&) = delete;

  const replica& core() const { return *core_; }
  const ledger& state() const { return core_->state(); }

  // -- authority

  /// Whether an effect outside is allowed at this moment; asked before each (L2, O2). If not, this
  /// node does not serve any more.
  bool may_act();
  /// The epoch in which this node takes frames in and publishes; 0: it does not.
  std::uint64_t serving() const { return serving_; }
  /// How often serving() has changed.
  std::uint64_t serving_changes() const { return serving_changes_; }
  /// `tell` is called when serving() has changed, for the stages with cameras, applications or
  /// clouds. Frames and results on their way are gone then: the stages start again from the ledger.
  void on_serving(std::function<void(std::uint64_t epoch)> tell) {
    tell_serving_ = std::move(tell);
  }

  // -- ops

  /// The index and epoch that the next op must carry.
  std::uint64_t next_index() const { return core_->next_index(); }
  std::uint64_t epoch() const { return core_->epoch(); }
  /// Ops that were appended and are not committed.
  std::size_t pending() const { return core_->log().last() - core_->log().commit(); }

  /// Appends an op, sealed with next_index() and epoch(). Urgent: somebody waits for its commit.
  /// False, and the op is gone, if this node does not serve (any more).
  [[nodiscard]] bool append(op_bytes op, bool urgent);

  /// Calls `on_commit` for each op that was committed since, in order. Not from within on_commit.
  template <class F>
  void settle(F on_commit) {
    while (!committed_.empty()) {
      const auto done = std::move(committed_.front());
      committed_.pop_front();
      on_commit(*wire::GetOp(done.bytes->data()), done.result);
    }
  }
  /// `wake` is called when settle() has something to do, but not from within append(). One at a
  /// time; null ends it: then nobody hears of committed ops.
  void on_ready(std::function<void()> wake);

  /// The fault of the ledger's disk and its remedy, in words; empty if the disk takes all ops.
  std::string disk_problem() const;

  // -- the group

  /// Gives the replica an input. A broken invariant in here ends the process: half a step must not
  /// go on.
  void step(const replica_input& in) noexcept;
  /// `tell` is called after each step with the messages for the peers; null: they are lost, as on a
  /// network.
  void on_step(std::function<void(std::vector<peer::outgoing>&)> tell) {
    on_step_ = std::move(tell);
  }

private:
  void open(const std::string& directory, ledger& into, std::vector<op_bytes>& tail);
  void perform(bool urgent);
  void look_at_role();
  void set_serving(std::uint64_t epoch);
  void note_stale(const committed_op& done);
  void checkpoint_if_due();
  void join(const config& conf, metrics& metrics, std::unique_ptr<state_file> file, ledger found,
            std::vector<op_bytes> tail);
  void on_disk_refused(const std::string& reason);
  bool others_have_room() const;
  void post(const std::shared_ptr<loop::inbox>& inbox, const std::function<void()>& what);

  loop& host_;
  metrics& metrics_;
  bool grouped_;
  std::unique_ptr<replica> core_;
  std::uint64_t serving_ = 0;
  std::uint64_t serving_changes_ = 0;
  replica_outputs out_;
  std::deque<committed_op> committed_; // for the ledger stage; at most limits::ledger_pending_ops
  std::uint64_t checkpoint_at_ = 0;    // index of the last one
  std::vector<std::uint64_t> stale_;   // since then; see ledger_store::checkpoint
  std::string disk_refuses_;           // why; empty: it does not
  std::function<void()> wake_;
  std::function<void(std::uint64_t)> tell_serving_;
  std::function<void(std::vector<peer::outgoing>&)> on_step_;
  bool appending_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::unique_ptr<ledger_writer> writer_; // none: durability memory
  std::unique_ptr<state_writer> votes_;   // none: no group
};

} // namespace monopod
