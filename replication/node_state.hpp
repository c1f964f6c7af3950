// What a member must not forget, and its bytes.
#pragma once

#include "replication/register.hpp"
#include "replication/view.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace monopod {

struct node_state {
  register_state votes;
  view_ptr decided;               // newest decided view known; null: none
  std::uint64_t voter_id = 0;     // drawn with the file (R4); never 0
  std::uint32_t directory_id = 0; // drawn with the file
  std::uint32_t starts = 0;       // of processes on the file, this one included

  /// This process's own: it is above all earlier ones of the directory, and no other directory has
  /// it (C5).
  std::uint64_t incarnation() const {
    return static_cast<std::uint64_t>(starts) << 32 | directory_id;
  }
};

/// A finished wire::NodeState.
std::vector<std::uint8_t> encode_node_state(const node_state& state);

/// The state in `bytes`, which must be 8-byte aligned and are not kept. Nothing where the bytes are
/// not a valid one, or out of bounds as in replication/view_codec.hpp; or where no process could be
/// counted any more.
std::optional<node_state> decode_node_state(std::span<const std::byte> bytes);

} // namespace monopod
