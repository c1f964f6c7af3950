// A set of sequence numbers whose memory grows with its gaps instead of its size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace monopod {

/// Numbers as closed intervals. Not thread-safe.
class sequence_set {
public:
  /// Adds `n`. Returns false if it was there already.
  bool insert(std::uint64_t n);

  std::uint64_t count() const { return count_; }
  /// The lowest and the highest number; 0 while the set is empty.
  std::uint64_t first() const { return intervals_.empty() ? 0 : intervals_.begin()->first; }
  std::uint64_t last() const { return intervals_.empty() ? 0 : intervals_.rbegin()->second; }
  /// How many runs of numbers are missing between first() and last().
  std::size_t gaps() const { return intervals_.empty() ? 0 : intervals_.size() - 1; }
  /// How many numbers are missing from `from` to last(); `from` must not be above first().
  std::uint64_t missing(std::uint64_t from) const {
    return intervals_.empty() ? 0 : last() - from + 1 - count_;
  }

private:
  std::map<std::uint64_t, std::uint64_t> intervals_; // first -> last
  std::uint64_t count_ = 0;
};

} // namespace monopod
