#include "replication/packing.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace monopod {

namespace {

constexpr std::size_t word_bytes = 8;

static_assert(std::endian::native == std::endian::little, "as FlatBuffers in place");

std::uint64_t word_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint64_t word = 0;
  if (at < bytes.size())
    std::memcpy(&word, &bytes[at], std::min(word_bytes, bytes.size() - at));
  return word;
}

} // namespace

void pack(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> like,
          std::vector<std::uint8_t>& out) {
  for (std::size_t at = 0; at < bytes.size(); at += word_bytes) {
    auto word = word_at(bytes, at) ^ word_at(like, at);
    const auto flags_at = out.size();
    out.push_back(0);
    for (unsigned flag = 1; word != 0; flag <<= 1, word >>= 8)
      if ((word & 0xff) != 0) {
        out[flags_at] = static_cast<std::uint8_t>(out[flags_at] | flag);
        out.push_back(static_cast<std::uint8_t>(word));
      }
  }
}

std::optional<std::vector<std::uint64_t>> unpack(std::span<const std::byte> packed,
                                                 std::span<const std::uint8_t> like,
                                                 std::size_t limit_bytes) {
  std::vector<std::uint64_t> words;
  words.reserve(packed.size() / 4 + 16); // enough for small messages
  for (std::size_t at = 0; at < packed.size();) {
    const auto flags = std::to_integer<unsigned>(packed[at++]);
    const auto set = static_cast<std::size_t>(std::popcount(flags));
    if (packed.size() - at < set || (words.size() + 1) * word_bytes > limit_bytes)
      return std::nullopt;
    std::uint64_t word = 0;
    for (unsigned i = 0; i < word_bytes; ++i)
      if ((flags >> i & 1) != 0)
        word |= std::to_integer<std::uint64_t>(packed[at++]) << (8 * i);
    words.push_back(word ^ word_at(like, words.size() * word_bytes));
  }
  return words;
}

} // namespace monopod
