// How full a cloud's outbox is, for operators.
#pragma once

#include <cstddef>
#include <cstdint>

namespace monopod {

enum class outbox_level { ok, nearly_full, dropping };

constexpr const char* word_of(outbox_level level) {
  constexpr const char* words[] = {"ok", "nearly full", "dropping"};
  return words[static_cast<std::size_t>(level)];
}

/// Raised when more than three quarters of the outbox wait, and to `dropping` when results are
/// dropped at the limit; ends when no more than half of it waits, so that it does not flicker.
/// Pure.
class outbox_alarm {
public:
  explicit outbox_alarm(std::size_t limit = 0) : limit_(limit) {}

  /// `dropped`: ever. Whether the level changed.
  bool update(std::size_t waiting, std::uint64_t dropped) {
    const auto before = level_;
    if (waiting <= limit_ / 2)
      level_ = outbox_level::ok;
    else if (dropped > dropped_)
      level_ = outbox_level::dropping;
    else if (waiting > limit_ / 4 * 3 && level_ == outbox_level::ok)
      level_ = outbox_level::nearly_full;
    dropped_ = dropped;
    return level_ != before;
  }

  outbox_level level() const { return level_; }
  std::size_t limit() const { return limit_; }
  /// Results dropped so far, as the last update() was told.
  std::uint64_t dropped() const { return dropped_; }

private:
  std::size_t limit_;
  std::uint64_t dropped_ = 0;
  outbox_level level_ = outbox_level::ok;
};

} // namespace monopod
