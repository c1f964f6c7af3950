// The structure of a JPEG picture (ITU T.81, Annex B), as far as a camera has to know it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace monopod {

struct jpeg_structure {
  std::size_t bytes = 0; // up to and including its end marker; devices pad their buffers
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  bool has_huffman_tables = false; // "abbreviated" Motion JPEG leaves the usual ones out
};

/// The picture that begins with the first byte. Nothing if it is not a whole picture: it is cut
/// off, markers are out of place, it has no size or no scan, or another picture follows its end
/// (two fields). Only decoding reveals damage inside the coded data. Pure; any bytes will do.
std::optional<jpeg_structure> read_jpeg(std::span<const std::byte> data);

} // namespace monopod
