// Results that wait to become messages for one cloud.
#pragma once

#include "core/payload.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace monopod {

/// By topic, each topic in the order of arrival. A topic is due when enough results wait for a full
/// message or its oldest one has waited long enough; of several, the one whose oldest arrived
/// first. Holds at most the cloud's window of entries, which the caller keeps to. Pure: the time is
/// a parameter.
class batcher {
public:
  struct waiting {
    std::uint64_t entry = 0;
    payload op; // verified and aligned: an Op with a Finished
    std::uint64_t since_ns = 0;
  };
  using topic = std::pair<const std::string, std::deque<waiting>>;

  /// `results`: of a full message; `wait_ns`: for company, 0 if each result goes alone.
  batcher(std::size_t results, std::uint64_t wait_ns) : results_(results), wait_ns_(wait_ns) {}

  void add(const std::string& to, std::uint64_t entry, payload op, std::uint64_t now_ns) {
    topics_[to].push_back({entry, std::move(op), now_ns});
    ++size_;
  }

  /// The topic whose message is due; null if none is. Valid until take().
  const topic* due(std::uint64_t now_ns) const {
    const topic* first = nullptr;
    for (const auto& t : topics_)
      if (due_ns(t) <= now_ns && (first == nullptr || entered(t) < entered(*first)))
        first = &t;
    return first;
  }

  /// When the next topic is due; nothing if none waits. In the past if one is due.
  std::optional<std::uint64_t> next_due_ns() const {
    std::optional<std::uint64_t> next;
    for (const auto& t : topics_)
      next = std::min(next.value_or(UINT64_MAX), due_ns(t));
    return next;
  }

  /// The first `count` results of `from` have become a message.
  void take(const topic& from, std::size_t count) {
    const auto at = topics_.find(from.first);
    auto& list = at->second;
    size_ -= count;
    list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(count));
    if (list.empty())
      topics_.erase(at);
  }

  void clear() {
    topics_.clear();
    size_ = 0;
  }
  std::size_t size() const { return size_; }

private:
  std::uint64_t due_ns(const topic& t) const {
    return t.second.size() >= results_ ? 0 : t.second.front().since_ns + wait_ns_;
  }
  // Entries of equal times keep their order.
  static std::pair<std::uint64_t, std::uint64_t> entered(const topic& t) {
    return {t.second.front().since_ns, t.second.front().entry};
  }

  std::size_t results_;
  std::uint64_t wait_ns_;
  std::map<std::string, std::deque<waiting>> topics_;
  std::size_t size_ = 0;
};

} // namespace monopod
