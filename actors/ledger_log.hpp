// How an op becomes committed: at once in memory, or when the disk has it.
#pragma once

#include "actors/ledger_writer.hpp"
#include "actors/loop.hpp"
#include "actors/metrics.hpp"
#include "core/config.hpp"
#include "replication/ledger.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace monopod {

/// The node's ledger and the ops on their way into it. Committed is applied: with durability
/// `disk`, an op waits here until it is on disk, so that whatever the ledger says survives (the
/// ledger never shows a state that kill -9 could take back). Outlives the keeper, which is lent it.
/// Used on the loop's thread.
class ledger_log {
public:
  /// With conf.ledger.durability == disk: opens the store and restores the ledger from it, which
  /// is logged. Throws std::runtime_error with the remedy where that fails.
  ledger_log(loop& host, const config& conf, metrics& counts);
  ~ledger_log();
  ledger_log(const ledger_log&) = delete;
  ledger_log& operator=(const ledger_log&) = delete;

  const ledger& state() const { return ledger_; }

  /// The index that the next op must carry.
  std::uint64_t next_index() const { return ledger_.next_index() + pending_.size(); }
  /// Ops that were appended and are not committed.
  std::size_t pending() const { return pending_.size(); }

  /// Appends an op, sealed with next_index(). Urgent: somebody waits for its commit.
  void append(op_bytes op, bool urgent);

  /// Applies what can be committed, in order, and calls `on_commit` after each. Not from within
  /// on_commit.
  template <class F>
  void settle(F on_commit) {
    while (!pending_.empty() && ledger_.next_index() <= durable_index()) {
      const auto bytes = std::move(pending_.front());
      pending_.pop_front();
      const auto& op = *wire::GetOp(bytes->data());
      on_commit(op, apply(op, bytes));
    }
    checkpoint_if_due();
  }

  /// `wake` is called, on the loop's thread, when settle() has something to do. One at a time; null
  /// ends it: then what becomes durable is applied without anybody hearing of it.
  void on_ready(std::function<void()> wake) { wake_ = std::move(wake); }

private:
  std::uint64_t durable_index() const {
    return writer_ == nullptr ? UINT64_MAX : writer_->durable_index();
  }
  apply_result apply(const wire::Op& op, const op_bytes& bytes);
  void checkpoint_if_due();
  void open(const std::string& directory);
  void post_ready(const std::shared_ptr<loop::inbox>& inbox);
  void ready();

  loop& host_;
  metrics& counts_;
  ledger ledger_;
  std::deque<op_bytes> pending_;     // at most limits::ledger_pending_ops
  std::uint64_t checkpoint_at_ = 0;  // index of the last one
  std::vector<std::uint64_t> stale_; // since then; see ledger_store::checkpoint
  std::function<void()> wake_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::unique_ptr<ledger_writer> writer_; // none: durability memory
};

} // namespace monopod
