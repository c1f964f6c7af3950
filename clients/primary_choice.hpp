// Which of a group's servers is the primary, as far as its client was told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace monopod {

/// The client's side of O1: the highest epoch is remembered, and only the server that speaks for it
/// is obeyed. One server alone is whatever it says it is. Pure; not thread-safe.
class primary_choice {
public:
  /// A message that only a primary sends. False where it is from another one: not to be looked at.
  bool heard_primary(std::size_t server, std::uint64_t epoch) {
    const bool other = primary_ && *primary_ != server;
    if (epoch < epoch_ || (epoch == epoch_ && other)) {
      ++ignored_;
      return false;
    }
    epoch_ = epoch;
    if (primary_ != server)
      choose(server);
    return true;
  }

  /// The server is not the primary, and knows of this epoch. Where that is the server in use, or
  /// the epoch is a newer one, nobody is until one says so. That may be the same one again: a
  /// primary that overslept its lease serves on where the answers to its beats were waiting for it.
  void heard_backup(std::size_t server, std::uint64_t epoch) {
    if (epoch > epoch_ || (primary_ == server && epoch == epoch_)) {
      epoch_ = epoch;
      if (primary_)
        choose(std::nullopt);
    }
  }

  /// The connection to the server broke. Its epoch may go on: with it, or with another connection.
  void lost(std::size_t server) {
    if (primary_ == server)
      choose(std::nullopt);
  }

  std::optional<std::size_t> primary() const { return primary_; }
  std::uint64_t epoch() const { return epoch_; }
  /// Rises when another primary, or none, is known: what was on its way is to be said again.
  std::uint64_t changes() const { return changes_; }
  /// Messages that were not looked at.
  std::uint64_t ignored() const { return ignored_; }

private:
  void choose(std::optional<std::size_t> server) {
    primary_ = server;
    ++changes_;
  }

  std::optional<std::size_t> primary_;
  std::uint64_t epoch_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t ignored_ = 0;
};

} // namespace monopod
