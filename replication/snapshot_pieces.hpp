// A snapshot on its way to a joiner: cut into pieces here, put together there (G3).
#pragma once

#include "core/limits.hpp"
#include "replication/peer.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace monopod {

struct piece_sizes {
  std::size_t bytes = limits::group_append_bytes;              // a piece has one entry at least
  std::size_t entries = limits::group_append_ops;              // at most that
  std::uint64_t in_flight = limits::snapshot_pieces_in_flight; // at most that
};

/// The primary's side: a ledger as it is now, whatever becomes of it afterwards. The entries are
/// shared with it; pieces are cut when their turn comes.
class snapshot_source {
public:
  snapshot_source(const ledger& from, const piece_sizes& sizes);

  /// The next piece, but for epoch, session and incarnation; nothing where the window is full, or
  /// all have left.
  std::optional<peer::snapshot_piece> next();
  /// The joiner has the first `pieces`; false where that was known.
  bool taken(std::uint64_t pieces);
  /// Those that it has not confirmed leave again.
  void again() { sent_ = taken_; }

private:
  piece_sizes sizes_;
  std::vector<std::uint8_t> state_;
  std::deque<ledger::entry> entries_;
  std::vector<std::size_t> cuts_{0}; // where pieces of entries begin, as far as cut
  std::uint64_t sent_ = 0;           // pieces
  std::uint64_t taken_ = 0;
};

/// The joiner's side. Pieces may be lost, doubled, or change places.
class snapshot_assembly {
public:
  /// False where it is more than a ledger can have.
  [[nodiscard]] bool take(const peer::snapshot_piece& p);
  /// Pieces from the first on, without a gap.
  std::uint64_t taken() const { return taken_; }
  bool complete() const { return complete_; }

  struct whole {
    op_bytes state; // a wire::Snapshot, if it is one
    std::shared_ptr<const std::deque<ledger::entry>> entries;
  };
  /// Of a complete one, which has nothing any more.
  whole give();

private:
  void add(const peer::snapshot_piece& p);

  std::vector<std::uint8_t> state_;
  std::deque<ledger::entry> entries_;
  std::map<std::uint64_t, peer::snapshot_piece> ahead_; // behind a gap; less than a window
  std::uint64_t taken_ = 0;
  bool complete_ = false;
};

} // namespace monopod
