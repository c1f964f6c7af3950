// The part of a node's state that must survive its process, and its encoding.
#pragma once

#include "replication/register.hpp"
#include "replication/view.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace monopod {

/// The contents of a node's state file (R2, R4, C5).
struct node_state {
  register_state votes;
  view_ptr decided;               // the newest decided view known; null: none
  std::uint64_t voter_id = 0;     // drawn with the file (R4); never 0
  std::uint32_t directory_id = 0; // drawn with the file
  std::uint32_t starts = 0;       // how many processes have used the file, this one included

  /// This process's incarnation: above all earlier ones of the directory, and different from those
  /// of any other directory (C5).
  std::uint64_t incarnation() const {
    return static_cast<std::uint64_t>(starts) << 32 | directory_id;
  }
};

/// A finished wire::NodeState.
std::vector<std::uint8_t> encode_node_state(const node_state& state);

/// The state in `bytes`, which must be 8-byte aligned and are not kept. Nothing if the bytes are
/// not valid, are out of bounds as in replication/view_codec.hpp, or leave no room to count another
/// start.
std::optional<node_state> decode_node_state(std::span<const std::byte> bytes);

} // namespace monopod
