#include "replication/snapshot_pieces.hpp"

#include "replication/rules.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

// -- source

snapshot_source::snapshot_source(const ledger& from, const piece_sizes& sizes)
    : sizes_(sizes), state_(from.snapshot()),
      entries_(broken(mutant::g3_without_frames) ? from.entries() : from.held()) {}

std::optional<peer::snapshot_piece> snapshot_source::next() {
  const auto state_pieces = (state_.size() + sizes_.bytes - 1) / sizes_.bytes;
  const auto n = sent_;
  const bool all_left = n >= state_pieces && cuts_[n - state_pieces] == entries_.size();
  if (all_left || n >= taken_ + sizes_.in_flight)
    return std::nullopt;
  peer::snapshot_piece p;
  p.number = sent_++;
  if (n < state_pieces) {
    const auto from = n * sizes_.bytes;
    const auto to = std::min(from + sizes_.bytes, state_.size());
    p.state.assign(state_.begin() + static_cast<std::ptrdiff_t>(from),
                   state_.begin() + static_cast<std::ptrdiff_t>(to));
    p.last = n + 1 == state_pieces && entries_.empty();
    return p;
  }
  auto at = cuts_[n - state_pieces];
  for (std::size_t bytes = 0; at < entries_.size() && p.entries.size() < sizes_.entries; ++at) {
    bytes += entries_[at].bytes->size();
    if (!p.entries.empty() && bytes > sizes_.bytes)
      break;
    p.entries.push_back(entries_[at].bytes);
  }
  if (n - state_pieces + 1 == cuts_.size())
    cuts_.push_back(at);
  p.last = at == entries_.size();
  return p;
}

bool snapshot_source::taken(std::uint64_t pieces) {
  if (pieces <= taken_ || pieces > sent_)
    return false;
  taken_ = pieces;
  return true;
}

// -- assembly

bool snapshot_assembly::take(const peer::snapshot_piece& p) {
  if (complete_ || p.number < taken_ || p.number >= taken_ + limits::snapshot_pieces_in_flight)
    return true; // it is not new, or it will be sent again
  ahead_.try_emplace(p.number, p);
  while (!ahead_.empty() && (ahead_.begin()->first == taken_ || broken(mutant::g3_piece_missing))) {
    const auto next = ahead_.extract(ahead_.begin());
    add(next.mapped());
    taken_ = next.key() + 1;
  }
  return state_.size() <= limits::ledger_state_bytes &&
         entries_.size() <= limits::outbox_entries + limits::taken_frames;
}

void snapshot_assembly::add(const peer::snapshot_piece& p) {
  state_.insert(state_.end(), p.state.begin(), p.state.end());
  for (const auto& op : p.entries)
    entries_.push_back({wire::GetOp(op->data())->index(), op});
  complete_ = p.last;
}

snapshot_assembly::whole snapshot_assembly::give() {
  return {std::make_shared<const std::vector<std::uint8_t>>(std::move(state_)),
          std::make_shared<const std::deque<ledger::entry>>(std::move(entries_))};
}

} // namespace monopod
