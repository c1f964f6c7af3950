// Packs messages with few non-zero bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace monopod {

/// Appends `bytes` to `out`, packed: for every 8 bytes one byte that tells which of them are not
/// zero, and then those. That is the packing of Cap'n Proto
/// (https://capnproto.org/encoding.html#packing) without its runs. Before that, each byte is xored
/// with the one at the same place in `like`, so that for a message of that shape only the
/// differences remain. A length that is not a multiple of 8 is padded with zeros.
void pack(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> like,
          std::vector<std::uint8_t>& out);

/// The bytes that were packed with the same `like`, as 8-byte words: at most 8 times as long as
/// `packed`. Nothing if the end is missing or the result is longer than `limit_bytes`.
std::optional<std::vector<std::uint64_t>> unpack(std::span<const std::byte> packed,
                                                 std::span<const std::uint8_t> like,
                                                 std::size_t limit_bytes);

} // namespace monopod
