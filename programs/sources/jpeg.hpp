// The structure of a JPEG picture (ITU T.81, Annex B), as far as a camera has to know it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace monopod {

struct jpeg_structure {
  std::size_t bytes = 0; // up to and with its end marker; devices pad their buffers
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  bool has_huffman_tables = false; // "abbreviated" Motion JPEG leaves the usual ones out
};

/// What begins with the first byte; nothing where it is not a whole picture: cut off, markers out
/// of place, no size, no scan, or another picture behind its end (two fields). Damage inside the
/// coded data is only seen by decoding. Pure; any bytes will do.
std::optional<jpeg_structure> read_jpeg(std::span<const std::byte> data);

} // namespace monopod
