// A set of sequence numbers that takes memory by its gaps, not by its size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace monopod {

/// Numbers as closed intervals. Not thread-safe.
class sequence_set {
public:
  /// False when `n` was there already.
  bool insert(std::uint64_t n);

  std::uint64_t count() const { return count_; }
  /// Lowest and highest number; 0 while empty.
  std::uint64_t first() const { return intervals_.empty() ? 0 : intervals_.begin()->first; }
  std::uint64_t last() const { return intervals_.empty() ? 0 : intervals_.rbegin()->second; }
  /// Runs of missing numbers between first() and last().
  std::size_t gaps() const { return intervals_.empty() ? 0 : intervals_.size() - 1; }
  /// Numbers missing from `from` up to last(); `from` must not be above first().
  std::uint64_t missing(std::uint64_t from) const {
    return intervals_.empty() ? 0 : last() - from + 1 - count_;
  }

private:
  std::map<std::uint64_t, std::uint64_t> intervals_; // first -> last
  std::uint64_t count_ = 0;
};

} // namespace monopod
