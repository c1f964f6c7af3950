// JPEG with a quality that follows a wanted average size.
#pragma once

#include "core/payload.hpp"

#include <cmath>
#include <cstdint>
#include <memory>

namespace monopod {

/// Pure: steers the JPEG quality so that the average size over all pictures meets `average_bytes`;
/// 0 keeps `quality`.
class quality_control {
public:
  quality_control(std::uint32_t average_bytes, int quality)
      : average_bytes_(average_bytes), quality_(quality) {}
  int quality() const { return static_cast<int>(std::lround(quality_)); }
  /// The last picture took `bytes` with quality().
  void encoded(std::size_t bytes);
  double average_bytes() const { return count_ == 0 ? 0 : total_ / static_cast<double>(count_); }

private:
  double average_bytes_;
  double quality_;
  double total_ = 0;
  std::uint64_t count_ = 0;
};

/// TurboJPEG, 4:2:0. Not thread-safe.
class jpeg_encoder {
public:
  jpeg_encoder();
  /// Encodes RGB, 3 bytes a pixel. The payload owns its bytes. Throws std::runtime_error if
  /// TurboJPEG fails.
  payload encode_rgb(const std::uint8_t* rgb, int width, int height, int quality);

private:
  std::shared_ptr<void> handle_;
};

} // namespace monopod
