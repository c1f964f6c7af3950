// Real work for an emulated vision application, which it does instead of waiting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace monopod {

/// Uses the CPU for as long as the thread's own clock says, so that being pre-empted does not
/// shorten the work. Any thread.
void burn_cpu(std::uint64_t duration_ns);

/// Decodes a JPEG into `pixels`, 3 bytes each, which is reused. A body that is not a JPEG, or
/// larger than 64 megapixels, is left out: no detections are lost, since the emulator makes them
/// up. Any thread.
void decode_jpeg(std::span<const std::byte> jpeg, std::vector<unsigned char>& pixels);

} // namespace monopod
