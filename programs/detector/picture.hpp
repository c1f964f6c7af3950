// JPEG pictures as pixels.
#pragma once

#include <cstddef>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <tl/expected.hpp>

namespace monopod {

/// A picture that may have been scaled down while it was decoded.
struct decoded_picture {
  cv::Mat pixels; // 8 bits a channel, blue first; belongs to the decoder until its next call
  int width = 0;  // of the picture as the camera sent it
  int height = 0;
  std::string damage; // what was wrong with it, for people; empty if it was sound
};

/// Decodes JPEG with TurboJPEG: grey, colour, CMYK as Adobe writes it, baseline and progressive.
/// Not thread-safe.
class picture_decoder {
public:
  picture_decoder();

  /// Decodes the picture. If it is at least twice as wide and high as `width` and `height`, it is
  /// scaled down to a half, a quarter or an eighth that is not smaller than those, which saves most
  /// of the time. The error says why it is not a picture. One that is cut off is decoded as far as
  /// it goes, and the rest is grey.
  tl::expected<decoded_picture, std::string> decode(std::span<const std::byte> jpeg, int width,
                                                    int height);

private:
  std::shared_ptr<void> handle_;
  cv::Mat pixels_;
  cv::Mat inks_;
};

} // namespace monopod
