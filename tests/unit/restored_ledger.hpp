// A ledger restored from its store, with the ops after the snapshot applied, as in a node on its
// own.
#pragma once

#include "actors/ledger/ledger_store.hpp"

#include <vector>

namespace monopod {

struct restored_ledger {
  std::uint64_t ops = 0;            // how many were applied after the snapshot
  std::uint64_t entries = 0;        // how many were restored with the snapshot
  std::vector<std::uint64_t> stale; // of these ops; see ledger_store::checkpoint
};

inline restored_ledger restore(ledger_store& from, ledger& into) {
  const auto found = from.load(into);
  restored_ledger all{found.ops.size(), found.entries, {}};
  for (const auto& bytes : found.ops) {
    const auto& op = *wire::GetOp(bytes->data());
    const auto* finished = op.body_as_Finished();
    if (into.apply(op, bytes) != apply_result::applied && finished != nullptr &&
        finished->inference() != nullptr)
      all.stale.push_back(op.index());
    all.stale.insert(all.stale.end(), into.released().begin(), into.released().end());
  }
  return all;
}

} // namespace monopod
