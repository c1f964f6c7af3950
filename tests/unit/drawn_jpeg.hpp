// JPEGs drawn for tests: each block of 16 by 16 pixels has a brightness that tells where it is.
#pragma once

#include "core/ensure.hpp"
#include "core/payload.hpp"

#include <turbojpeg.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace monopod {

inline constexpr int drawn_block = 16;

/// Brightness of the block that pixel (x, y) lies in. Neighbours differ by 16 or more.
inline unsigned char drawn_brightness(int x, int y) {
  return static_cast<unsigned char>(16 * ((x / drawn_block * 3 + y / drawn_block * 5) % 16));
}

/// A payload of its own with these bytes.
inline payload payload_of(std::vector<std::byte> bytes) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  const std::span<const std::byte> all(*owner);
  return {std::move(owner), all};
}

/// `sampling`: a TJSAMP; `flags`: for example TJFLAG_PROGRESSIVE.
inline payload drawn_jpeg(int width, int height, int sampling = TJSAMP_420, int flags = 0) {
  std::vector<unsigned char> pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      pixels.insert(pixels.end(), 3, drawn_brightness(x, y)); // grey, as RGB
  const std::unique_ptr<void, int (*)(tjhandle)> encoder(tjInitCompress(), tjDestroy);
  unsigned char* jpeg = nullptr;
  unsigned long size = 0;
  const int code = tjCompress2(encoder.get(), pixels.data(), width, 0, height, TJPF_RGB, &jpeg,
                               &size, sampling, 95, flags);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(jpeg, tjFree);
  MONOPOD_ENSURE(code == 0, "a drawn picture is a JPEG");
  const auto* begin = reinterpret_cast<const std::byte*>(jpeg);
  return payload_of({begin, begin + size});
}

/// A decoded JPEG, grey; width 0 if it can't be decoded.
struct drawn_pixels {
  int width = 0;
  int height = 0;
  std::vector<unsigned char> grey;

  explicit drawn_pixels(const payload& jpeg) {
    const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
    const auto* data = reinterpret_cast<const unsigned char*>(jpeg.bytes().data());
    const auto size = static_cast<unsigned long>(jpeg.size_bytes());
    int sampling = 0;
    int colours = 0;
    if (tjDecompressHeader3(decoder.get(), data, size, &width, &height, &sampling, &colours) != 0)
      return;
    grey.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    if (tjDecompress2(decoder.get(), data, size, grey.data(), width, 0, height, TJPF_GRAY, 0) != 0)
      width = height = 0;
  }
  int at(int x, int y) const {
    return grey[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                static_cast<std::size_t>(x)];
  }
};

} // namespace monopod
