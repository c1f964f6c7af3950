// The thread that saves a member's votes, so that no loop waits for fsync.
#pragma once

#include "actors/ledger/state_file.hpp"
#include "actors/metrics.hpp"
#include "replication/replica.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace monopod {

/// Saves the newest request; one that waits is replaced by a newer one, which holds all of it. A
/// save that fails is repeated until it, or a newer one, succeeds: meanwhile the replica keeps back
/// the answers that need it.
class state_writer {
public:
  /// `on_saved` is called on the writer's thread when all requests up to that number are on disk.
  state_writer(std::unique_ptr<state_file> file, metrics& metrics,
               std::function<void(std::uint64_t number)> on_saved);
  /// Saves the request that waits; gives up on it if the disk refuses. Then the file is free for
  /// others.
  ~state_writer();
  state_writer(const state_writer&) = delete;
  state_writer& operator=(const state_writer&) = delete;

  /// Numbers rise. Any thread, one at a time.
  void save(replica_outputs::save_request request);

private:
  void run();
  bool write(const replica_outputs::save_request& request);

  std::unique_ptr<state_file> file_;
  metrics& metrics_;
  std::function<void(std::uint64_t)> on_saved_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<replica_outputs::save_request> waiting_;
  bool stopping_ = false;
  std::thread thread_; // last: it uses all the others
};

} // namespace monopod
