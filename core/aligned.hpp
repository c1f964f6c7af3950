// FlatBuffers are read in place and need their bytes aligned; what is received is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace monopod {

/// Copies `bytes` to the start of `scratch`, which is 8-byte aligned and grows as needed; valid
/// until it is used again.
inline std::span<const std::byte> copy_aligned(std::span<const std::byte> bytes,
                                               std::vector<std::uint64_t>& scratch) {
  scratch.resize((bytes.size() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
  if (!bytes.empty())
    std::memcpy(scratch.data(), bytes.data(), bytes.size());
  return std::as_bytes(std::span(scratch)).first(bytes.size());
}

} // namespace monopod
