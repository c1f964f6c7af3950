#include "core/sequence_set.hpp"

#include <iterator>

namespace monopod {

bool sequence_set::insert(std::uint64_t n) {
  auto next = intervals_.upper_bound(n);
  const auto before = next == intervals_.begin() ? intervals_.end() : std::prev(next);
  if (before != intervals_.end() && n <= before->second)
    return false;
  ++count_;
  const bool joins_before = before != intervals_.end() && before->second + 1 == n;
  const bool joins_next = next != intervals_.end() && n + 1 == next->first;
  const auto last = joins_next ? next->second : n;
  if (joins_next)
    intervals_.erase(next);
  if (joins_before)
    before->second = last;
  else
    intervals_[n] = last;
  return true;
}

} // namespace monopod
