// The stages that run in this process now, for other threads.
#pragma once

#include "actors/interfaces.hpp"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

/// The stages by name, and how often each was restarted. Any thread; a stage that ends stays until
/// its successor takes the place. Handles are lent, not copied: the supervisor lets go of the last
/// one of a stage that ended, never an HTTP thread.
class roster {
public:
  struct entry {
    std::string name;
    observable stage;
    std::uint64_t restarts = 0;
  };

  void add(const std::string& name, observable stage) {
    const std::lock_guard guard{mutex_};
    entries_.push_back({name, std::move(stage)});
  }

  /// Returns how often the stage was restarted, this time included.
  std::uint64_t replace(const std::string& name, observable stage) {
    const std::lock_guard guard{mutex_};
    auto& e = *std::ranges::find(entries_, name, &entry::name);
    std::swap(e.stage, stage);
    return ++e.restarts;
  }

  /// Calls `f` with each entry, which must not be kept; `f` may send to the stage.
  template <class F>
  void for_each(F f) const {
    const std::lock_guard guard{mutex_};
    for (const auto& e : entries_)
      f(e);
  }

private:
  mutable std::mutex mutex_;
  std::vector<entry> entries_;
};

} // namespace monopod
