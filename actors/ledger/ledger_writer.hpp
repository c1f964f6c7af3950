// The thread that writes the ledger to disk, so that no loop waits for fsync.
#pragma once

#include "actors/ledger/ledger_store.hpp"
#include "actors/metrics.hpp"
#include "replication/replica.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace monopod {

/// Group commit: all writes that arrived while one transaction was on its way to the disk are the
/// next one. A write that fails is repeated until it succeeds: meanwhile nothing is durable, so
/// nothing is acknowledged and cameras keep their frames.
class ledger_writer {
public:
  /// `last_index`: the index of the last op on disk. Both are called on the writer's thread:
  /// `on_durable` when durable() has risen, `on_refused` with the reason each time that the disk
  /// has refused a write.
  ledger_writer(std::unique_ptr<ledger_store> store, std::uint64_t last_index, metrics& metrics,
                std::function<void()> on_durable,
                std::function<void(const std::string& reason)> on_refused);
  /// Writes what is queued; gives up on it if the disk refuses.
  ~ledger_writer();
  ledger_writer(const ledger_writer&) = delete;
  ledger_writer& operator=(const ledger_writer&) = delete;

  /// Queues a write of the replica's. One that is not urgent may wait for more,
  /// limits::ledger_linger_ms at most. The queue is bounded by the frames in flight and the clouds'
  /// windows (limits::ledger_pending_ops).
  void push(replica_outputs::write_request write, bool urgent);
  /// Queues a checkpoint of what is committed; a later one takes the place of one that still waits.
  void push(ledger_store::checkpoint at);

  /// Number of the last write that is on disk. Any thread.
  std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }

private:
  struct batch {
    ledger_store::change what;
    std::uint64_t number = 0; // of its last write; 0: there is none
  };

  void run();
  bool wait_for_work(batch& taken);
  bool write(const ledger_store::change& what);

  std::unique_ptr<ledger_store> store_;
  metrics& metrics_;
  std::function<void()> on_durable_;
  std::function<void(const std::string&)> on_refused_;
  std::uint64_t last_index_; // of the last op that was pushed
  std::atomic<std::uint64_t> durable_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  batch queue_;
  bool urgent_ = false;
  bool stopping_ = false;
  std::thread thread_; // last: it uses all the others
};

} // namespace monopod
