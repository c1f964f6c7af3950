// The server of a group that is primary, as far as its client was told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace monopod {

/// The client's side of O1: it remembers the highest epoch and obeys only the server that speaks
/// for it. Servers go by their place in the client's list. Pure; not thread-safe.
class primary_choice {
public:
  /// Notes a message that only a primary sends. Returns false if it is from another server or of an
  /// older epoch, and must be ignored.
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

  /// Notes that the server is not the primary, and knows of this epoch. If it is the server in use,
  /// or the epoch is a newer one, no server is primary until one says so. That may be the same one
  /// again: a primary that slept through its lease serves on if the answers to its beats were
  /// waiting for it.
  void heard_backup(std::size_t server, std::uint64_t epoch) {
    if (epoch > epoch_ || (primary_ == server && epoch == epoch_)) {
      epoch_ = epoch;
      if (primary_)
        choose(std::nullopt);
    }
  }

  /// Notes that the connection to the server broke. Its epoch may go on over another connection.
  void lost(std::size_t server) {
    if (primary_ == server)
      choose(std::nullopt);
  }

  std::optional<std::size_t> primary() const { return primary_; }
  std::uint64_t epoch() const { return epoch_; }
  /// Rises whenever another primary, or none, is known: then everything that was on its way must be
  /// sent again.
  std::uint64_t changes() const { return changes_; }
  /// How many messages were ignored.
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
