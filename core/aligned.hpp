// FlatBuffers are read in place and need aligned bytes, which received bytes are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace monopod {

/// Copies `bytes` to the start of `scratch`, which is 8-byte aligned and grows as needed. The
/// result is valid until `scratch` is used again.
inline std::span<const std::byte> copy_aligned(std::span<const std::byte> bytes,
                                               std::vector<std::uint64_t>& scratch) {
  scratch.resize((bytes.size() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
  if (!bytes.empty())
    std::memcpy(scratch.data(), bytes.data(), bytes.size());
  return std::as_bytes(std::span(scratch)).first(bytes.size());
}

} // namespace monopod
