// Messages of few set bytes in fewer bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace monopod {

/// For each 8 bytes one that tells which of them are not zero, then those: as in Cap'n Proto
/// (https://capnproto.org/encoding.html#packing), without its runs. Before it, each byte is taken
/// as its difference (xor) to the one at the same place of `like`, so that of a message with the
/// same shape only what differs is left. A length that is no multiple of 8 is filled up with zeros.
/// Appends to `out`.
void pack(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> like,
          std::vector<std::uint8_t>& out);

/// What was packed with the same `like`. At most 8 times as long as `packed`; nothing where the
/// end is missing or it is longer than `limit_bytes`.
std::optional<std::vector<std::uint64_t>> unpack(std::span<const std::byte> packed,
                                                 std::span<const std::uint8_t> like,
                                                 std::size_t limit_bytes);

} // namespace monopod
