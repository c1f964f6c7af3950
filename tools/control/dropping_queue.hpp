// A bounded queue that drops its oldest entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace monopod::control {

/// At the limit a new entry replaces the oldest one, which is counted: late entries are worth less
/// than new ones. Not thread-safe.
template <class T>
class dropping_queue {
public:
  explicit dropping_queue(std::size_t limit) : limit_(limit) {}

  /// False if the oldest entry made room.
  bool push(T entry) {
    const bool room = entries_.size() < limit_;
    if (!room) {
      entries_.pop_front();
      ++dropped_;
    }
    entries_.push_back(std::move(entry));
    return room;
  }
  T& front() { return entries_.front(); }
  T pop() {
    T first = std::move(entries_.front());
    entries_.pop_front();
    return first;
  }
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  std::uint64_t dropped() const { return dropped_; }

private:
  std::size_t limit_;
  std::deque<T> entries_;
  std::uint64_t dropped_ = 0;
};

} // namespace monopod::control
