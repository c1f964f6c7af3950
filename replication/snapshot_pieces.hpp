// A snapshot on its way to a joiner: the primary cuts it, and the joiner puts it together (G3).
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
  std::size_t bytes = limits::group_append_bytes;              // in a piece; one entry always fits
  std::size_t entries = limits::group_append_ops;              // at most that
  std::uint64_t in_flight = limits::snapshot_pieces_in_flight; // at most that
};

/// The primary's side: a ledger as it is at construction, whatever happens to it afterwards. The
/// bytes of the entries are shared with the ledger, and a piece is cut when its turn comes.
class snapshot_source {
public:
  snapshot_source(const ledger& from, const piece_sizes& sizes);

  /// The next piece, without epoch, session and incarnation. Nothing if the window is full or all
  /// pieces have left.
  std::optional<peer::snapshot_piece> next();
  /// The joiner has the first `pieces`. Returns false if that was known or can't be.
  bool taken(std::uint64_t pieces);
  /// The pieces that the joiner does not confirm to have leave again.
  void again() { sent_ = taken_; }

private:
  piece_sizes sizes_;
  std::vector<std::uint8_t> state_;
  std::deque<ledger::entry> entries_;
  std::vector<std::size_t> cuts_{0}; // where pieces of entries begin, as far as they are cut
  std::uint64_t sent_ = 0;           // pieces
  std::uint64_t taken_ = 0;
};

/// The joiner's side. Pieces may be lost, doubled or out of order.
class snapshot_assembly {
public:
  /// Adds a piece. Returns false if the pieces are more than a ledger can have.
  [[nodiscard]] bool take(const peer::snapshot_piece& p);
  /// How many pieces have arrived, from the first on without a gap.
  std::uint64_t taken() const { return taken_; }
  bool complete() const { return complete_; }

  struct whole {
    op_bytes state; // a wire::Snapshot if the peer is correct; not verified
    std::shared_ptr<const std::deque<ledger::entry>> entries;
  };
  /// The whole snapshot. Only if complete(); nothing is left here afterwards.
  whole give();

private:
  void add(const peer::snapshot_piece& p);

  std::vector<std::uint8_t> state_;
  std::deque<ledger::entry> entries_;
  std::map<std::uint64_t, peer::snapshot_piece> ahead_; // pieces behind a gap; fewer than a window
  std::uint64_t taken_ = 0;
  bool complete_ = false;
};

} // namespace monopod
