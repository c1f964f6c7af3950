// Threads that answer requests of one kind, so that slow answers delay none of another kind.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace monopod {

/// Does jobs in their order on threads of its own, each of which is started by the first job that
/// finds the others busy. take() and the destructor belong to one thread each.
class http_worker {
public:
  explicit http_worker(std::size_t most_threads = 1) : most_threads_(most_threads) {}
  /// Waits for the jobs under way; the others are forgotten.
  ~http_worker();
  http_worker(const http_worker&) = delete;
  http_worker& operator=(const http_worker&) = delete;

  /// False if limits::http_requests jobs wait already. A job must not throw.
  [[nodiscard]] bool take(std::function<void()> job);

private:
  void run();

  const std::size_t most_threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::size_t idle_ = 0; // threads that wait for a job
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace monopod
