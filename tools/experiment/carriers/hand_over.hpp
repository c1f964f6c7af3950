// Hands frames from the thread of a client library to a thread that waits for the last one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

namespace monopod::experiment {

/// The library's threads call give(), and the caller's thread wait().
class hand_over {
public:
  explicit hand_over(std::function<bool(const void*, std::size_t)> take) : take_(std::move(take)) {}

  void give(const void* body, std::size_t bytes) {
    const std::lock_guard guard{mutex_};
    ++given_;
    if (!ended_ && !take_(body, bytes))
      ended_ = true;
    if (ended_)
      changed_.notify_one();
  }

  /// Waits until `take` has said that it was the last, or nothing was given for ten seconds.
  void wait() {
    constexpr std::chrono::seconds silence(10);
    std::unique_lock lock{mutex_};
    for (auto before = given_;; before = given_)
      if (changed_.wait_for(lock, silence, [this] { return ended_; }) || given_ == before)
        return;
  }

private:
  std::function<bool(const void*, std::size_t)> take_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t given_ = 0;
  bool ended_ = false;
};

} // namespace monopod::experiment
