#include "actors/platform/http_worker.hpp"

#include "core/limits.hpp"
#include "core/priority.hpp"

#include <utility>

namespace monopod {

http_worker::~http_worker() {
  {
    const std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& t : threads_)
    t.join();
}

bool http_worker::take(std::function<void()> job) {
  bool busy = false;
  {
    const std::lock_guard guard{mutex_};
    if (jobs_.size() >= limits::http_requests)
      return false;
    jobs_.push_back(std::move(job));
    busy = idle_ < jobs_.size();
  }
  if (busy && threads_.size() < most_threads_)
    threads_.emplace_back([this] {
      give_way(http_niceness);
      run();
    });
  changed_.notify_one();
  return true;
}

void http_worker::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (stopping_)
      return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

} // namespace monopod
