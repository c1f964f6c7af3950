// What an emulated vision application does with its time, where that is real work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace monopod {

/// Uses the CPU for as long as the thread's own clock says, so that being pre-empted does not
/// shorten the work. Any thread.
void burn_cpu(std::uint64_t duration_ns);

/// Decodes a JPEG into `pixels`, 3 bytes each, which is reused. What is no JPEG, or larger than 64
/// megapixels, is left out: it has no detections to lose, the emulator makes them up. Any thread.
void decode_jpeg(std::span<const std::byte> jpeg, std::vector<unsigned char>& pixels);

} // namespace monopod
