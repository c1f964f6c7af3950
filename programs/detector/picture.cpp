#include "programs/detector/picture.hpp"

#include "core/ensure.hpp"
#include "programs/detector/limits.hpp"

#include <turbojpeg.h>

#include <array>
#include <cstdint>

namespace monopod {

namespace {

// The smallest of TurboJPEG's scales that leaves a picture at least as large as the network's
// input.
tjscalingfactor scale_for(int width, int height, int least_width, int least_height) {
  constexpr std::array<tjscalingfactor, 3> scales{{{1, 8}, {1, 4}, {1, 2}}};
  for (const auto& scale : scales)
    if (TJSCALED(width, scale) >= least_width && TJSCALED(height, scale) >= least_height)
      return scale;
  return {1, 1};
}

// CMYK as Adobe's programs write it into JPEG, and others after them: 255 is no ink.
void inks_to_colours(const cv::Mat& inks, cv::Mat& colours) {
  for (int y = 0; y < inks.rows; ++y) {
    const auto* from = inks.ptr<std::uint8_t>(y);
    auto* to = colours.ptr<std::uint8_t>(y);
    for (int x = 0; x < inks.cols; ++x, from += 4, to += 3)
      for (int c = 0; c < 3; ++c)
        to[2 - c] = static_cast<std::uint8_t>(from[c] * from[3] / 255);
  }
}

} // namespace

picture_decoder::picture_decoder() : handle_(tjInitDecompress(), tjDestroy) {
  MONOPOD_ENSURE(handle_ != nullptr, "TurboJPEG gives a decoder");
}

tl::expected<decoded_picture, std::string> picture_decoder::decode(std::span<const std::byte> jpeg,
                                                                   int width, int height) {
  const auto* data = reinterpret_cast<const unsigned char*>(jpeg.data());
  const auto size = static_cast<unsigned long>(jpeg.size());
  decoded_picture picture;
  int subsampling = 0;
  int colours = 0;
  if (size == 0)
    return tl::unexpected<std::string>("it is empty and not a JPEG picture");
  if (tjDecompressHeader3(handle_.get(), data, size, &picture.width, &picture.height, &subsampling,
                          &colours) != 0)
    return tl::unexpected(std::string("it is not a JPEG picture that can be read: ") +
                          tjGetErrorStr2(handle_.get()));
  if (picture.width < 1 || picture.height < 1)
    return tl::unexpected<std::string>("it is not a JPEG picture with pixels");
  const auto pixels = std::int64_t{picture.width} * picture.height;
  if (pixels > limits::picture_pixels)
    return tl::unexpected("it has " + std::to_string(picture.width) + " x " +
                          std::to_string(picture.height) + " pixels; the limit is 64 megapixels");
  const bool inks = colours == TJCS_CMYK || colours == TJCS_YCCK;
  const auto scale = scale_for(picture.width, picture.height, width, height);
  const int columns = TJSCALED(picture.width, scale);
  const int rows = TJSCALED(picture.height, scale);
  pixels_.create(rows, columns, CV_8UC3);
  if (inks)
    inks_.create(rows, columns, CV_8UC4);
  auto& target = inks ? inks_ : pixels_;
  // A progressive JPEG may have thousands of scans of the whole picture: beyond 500 it is refused.
  if (tjDecompress2(handle_.get(), data, size, target.data, columns,
                    static_cast<int>(target.step[0]), rows, inks ? TJPF_CMYK : TJPF_BGR,
                    TJFLAG_LIMITSCANS) != 0) {
    if (tjGetErrorCode(handle_.get()) != TJERR_WARNING)
      return tl::unexpected(std::string("it can't be decoded: ") + tjGetErrorStr2(handle_.get()));
    picture.damage = tjGetErrorStr2(handle_.get());
  }
  if (inks)
    inks_to_colours(inks_, pixels_);
  picture.pixels = pixels_;
  return picture;
}

} // namespace monopod
