// The queue between the thread that reads a live source and the one that publishes.
#pragma once

#include "core/ensure.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace monopod {

/// A queue that never holds its writer up, and whose items never grow old: when it is full, it
/// skips all of them and goes on with the next item that needs none of them. May be used on any
/// thread.
template <class Item>
class live_queue {
public:
  explicit live_queue(std::size_t limit)
      : limit_(limit), descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    MONOPOD_ENSURE(descriptor_ >= 0, "eventfd");
  }
  ~live_queue() { close(descriptor_); }
  live_queue(const live_queue&) = delete;
  live_queue& operator=(const live_queue&) = delete;

  /// `begins` says that the item needs none before it, like a key frame.
  void push(Item item, bool begins) {
    const std::lock_guard lock(mutex_);
    if (items_.size() >= limit_) {
      skipped_ += items_.size();
      items_.clear();
      broken_off_ = true;
    }
    if (broken_off_ && !begins) {
      ++skipped_;
      return;
    }
    broken_off_ = false;
    items_.push_back(std::move(item));
    eventfd_write(descriptor_, 1);
  }

  /// Says that something between the last item and the next was lost.
  void break_off() {
    const std::lock_guard lock(mutex_);
    broken_off_ = true;
  }

  std::optional<Item> pop() {
    const std::lock_guard lock(mutex_);
    if (items_.empty())
      return std::nullopt;
    std::optional<Item> item(std::move(items_.front()));
    items_.pop_front();
    if (items_.empty()) {
      eventfd_t ignored = 0;
      eventfd_read(descriptor_, &ignored);
    }
    return item;
  }

  /// A file descriptor that can be read while there are items.
  int descriptor() const { return descriptor_; }
  std::uint64_t skipped() const {
    const std::lock_guard lock(mutex_);
    return skipped_;
  }

private:
  std::size_t limit_;
  int descriptor_;
  mutable std::mutex mutex_;
  std::deque<Item> items_;
  bool broken_off_ = true; // the first item must begin, too
  std::uint64_t skipped_ = 0;
};

} // namespace monopod
