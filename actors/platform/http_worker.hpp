// A thread that answers requests of one kind, so that slow answers delay none of another kind.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace monopod {

/// Does one job after the other on a thread of its own, which the first job starts. take() and the
/// destructor belong to one thread each.
class http_worker {
public:
  http_worker() = default;
  /// Waits for the job under way; the others are forgotten.
  ~http_worker();
  http_worker(const http_worker&) = delete;
  http_worker& operator=(const http_worker&) = delete;

  /// False if limits::http_requests jobs wait already. A job must not throw.
  [[nodiscard]] bool take(std::function<void()> job);

private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace monopod
