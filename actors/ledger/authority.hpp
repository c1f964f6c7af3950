// Whether a stage of this node may act at this moment.
#pragma once

#include "actors/ledger/node_replica.hpp"

#include <cstdint>

namespace monopod {

/// Asked by stages that cause effects outside: answers to cameras and applications, publications.
/// Copied freely; the node_replica outlives it. On the main loop's thread.
class authority {
public:
  /// For a process without a replica: it may do all, in epoch 1.
  authority() = default;
  explicit authority(node_replica& replica) : replica_(&replica) {}

  /// Asked before each effect (L2, O2).
  bool may_act() const { return replica_ == nullptr || replica_->may_act(); }
  /// The epoch in which this node takes frames in and publishes; 0: another node does, or none.
  std::uint64_t serving() const { return replica_ == nullptr ? 1 : replica_->serving(); }
  /// How often serving() has changed.
  std::uint64_t serving_changes() const {
    return replica_ == nullptr ? 0 : replica_->serving_changes();
  }
  /// The highest epoch that this node knows, which it tells others (O1).
  std::uint64_t epoch() const { return replica_ == nullptr ? 1 : replica_->epoch(); }

private:
  node_replica* replica_ = nullptr;
};

} // namespace monopod
