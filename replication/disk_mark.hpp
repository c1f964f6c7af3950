// How much of the op log is on disk.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

namespace monopod {

/// Follows writes that reach the disk in order, while the log may be cut under them. Not needed
/// with durability `memory`.
class disk_mark {
public:
  explicit disk_mark(std::uint64_t index) : index_(index) {}

  /// Ops up to `last` are handed to the disk; returns the number of that write.
  std::uint64_t write(std::uint64_t last) {
    writes_.push_back(last);
    return ++written_;
  }
  /// That write and those before it are on disk.
  void synced(std::uint64_t number) {
    for (; !writes_.empty() && written_ - writes_.size() + 1 <= number; writes_.pop_front())
      index_ = std::max(index_, writes_.front());
  }
  /// What the disk has, or will have by earlier writes, from `from` on is not the log any more.
  void cut(std::uint64_t from) {
    index_ = std::min(index_, from - 1);
    for (auto& last : writes_)
      last = std::min(last, from - 1);
  }

  /// The log starts again, from a snapshot: nothing of it is on disk.
  void start_again() { cut(1); }

  /// The last op of the log that is on disk, with all before it.
  std::uint64_t index() const { return index_; }

private:
  std::uint64_t index_;
  std::uint64_t written_ = 0;
  std::deque<std::uint64_t> writes_; // on their way
};

} // namespace monopod
