// How much of the op log is on disk (G1).
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

namespace monopod {

/// Follows writes that reach the disk in order, while the log may be cut before they do. Only
/// needed with durability `disk`.
class disk_mark {
public:
  explicit disk_mark(std::uint64_t index) : index_(index) {}

  /// Ops up to `last` were handed to the disk. Returns the number of that write, from 1.
  std::uint64_t write(std::uint64_t last) {
    writes_.push_back(last);
    return ++written_;
  }
  /// The write with this number and those before it are on disk.
  void synced(std::uint64_t number) {
    for (; !writes_.empty() && written_ - writes_.size() + 1 <= number; writes_.pop_front())
      index_ = std::max(index_, writes_.front());
  }
  /// The log was cut from `from` on: what the disk holds there, or will hold after earlier writes,
  /// is no longer part of it.
  void cut(std::uint64_t from) {
    index_ = std::min(index_, from - 1);
    for (auto& last : writes_)
      last = std::min(last, from - 1);
  }

  /// The log starts again from a snapshot, and nothing of it is on disk yet.
  void start_again() { cut(1); }

  /// The last op of the log that is on disk together with all before it.
  std::uint64_t index() const { return index_; }

private:
  std::uint64_t index_;
  std::uint64_t written_ = 0;
  std::deque<std::uint64_t> writes_; // not synced yet: the last op of each
};

} // namespace monopod
