// The thread that writes the ledger to disk, so that no loop waits for fsync.
#pragma once

#include "actors/ledger_store.hpp"
#include "actors/metrics.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace monopod {

/// Group commit: all ops that came while the last transaction was on its way to the disk are the
/// next one. A write that fails is repeated until it succeeds: meanwhile nothing is durable, so
/// nothing is acknowledged and cameras keep their frames.
class ledger_writer {
public:
  /// `on_durable` is called on the writer's thread when durable_index() has risen.
  ledger_writer(std::unique_ptr<ledger_store> store, std::uint64_t durable_index, metrics& counts,
                std::function<void()> on_durable);
  /// Writes what is queued; gives up on it if the disk refuses.
  ~ledger_writer();
  ledger_writer(const ledger_writer&) = delete;
  ledger_writer& operator=(const ledger_writer&) = delete;

  /// Queues an op. One that is not urgent may wait for others, limits::ledger_linger_ms at most.
  /// The queue is bounded by the frames in flight and the clouds' windows
  /// (limits::ledger_pending_ops).
  void push(op_bytes op, bool urgent);
  /// Queues a checkpoint; a later one takes the place of one that still waits.
  void push(ledger_store::checkpoint at);

  /// Index of the last op that is on disk. Any thread.
  std::uint64_t durable_index() const { return durable_index_.load(std::memory_order_acquire); }

private:
  struct batch {
    std::vector<op_bytes> ops;
    std::optional<ledger_store::checkpoint> checkpoint;
  };

  void run();
  bool wait_for_work(batch& taken);
  bool write(const batch& work);

  std::unique_ptr<ledger_store> store_;
  metrics& counts_;
  std::function<void()> on_durable_;
  std::atomic<std::uint64_t> durable_index_;
  std::mutex mutex_;
  std::condition_variable changed_;
  batch queue_;
  bool urgent_ = false;
  bool stopping_ = false;
  std::thread thread_; // last: it uses all the others
};

} // namespace monopod
