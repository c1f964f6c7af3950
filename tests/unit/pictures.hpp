// The photographs of tests/pictures, as they are and in other forms of JPEG.
#pragma once

#include <boost/test/unit_test.hpp>
#include <turbojpeg.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace monopod::pictures {

using bytes = std::vector<std::byte>;

/// The error that an expected value has instead of it; empty if it has the value.
template <class Expected>
std::string why(const Expected& e) {
  return e ? std::string() : e.error();
}

inline bytes read(const std::string& name) {
  std::ifstream file(std::filesystem::path(MONOPOD_SOURCE_DIR) / "tests/pictures" / name,
                     std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  BOOST_REQUIRE_MESSAGE(!text.empty(), name << " is missing");
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

struct pixels {
  int width = 0;
  int height = 0;
  std::vector<unsigned char> values; // RGB
};

inline pixels decode(const bytes& jpeg) {
  const std::shared_ptr<void> handle(tjInitDecompress(), tjDestroy);
  const auto* data = reinterpret_cast<const unsigned char*>(jpeg.data());
  pixels p;
  int sampling = 0;
  int colours = 0;
  BOOST_REQUIRE(tjDecompressHeader3(handle.get(), data, jpeg.size(), &p.width, &p.height, &sampling,
                                    &colours) == 0);
  p.values.resize(static_cast<std::size_t>(p.width) * static_cast<std::size_t>(p.height) * 3);
  BOOST_REQUIRE(tjDecompress2(handle.get(), data, jpeg.size(), p.values.data(), p.width, 0,
                              p.height, TJPF_RGB, 0) == 0);
  return p;
}

/// Encodes values of `format` (of TurboJPEG), as `sampling` and `flags` say.
inline bytes encode(const std::vector<unsigned char>& values, int width, int height, int format,
                    int sampling, int flags) {
  const std::shared_ptr<void> handle(tjInitCompress(), tjDestroy);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  BOOST_REQUIRE(tjCompress2(handle.get(), values.data(), width, 0, height, format, &out, &size,
                            sampling, 85, flags) == 0);
  const auto* begin = reinterpret_cast<const std::byte*>(out);
  bytes jpeg(begin, begin + size);
  tjFree(out);
  return jpeg;
}

inline bytes grey(const pixels& p) {
  return encode(p.values, p.width, p.height, TJPF_RGB, TJSAMP_GRAY, 0);
}
inline bytes progressive(const pixels& p) {
  return encode(p.values, p.width, p.height, TJPF_RGB, TJSAMP_420, TJFLAG_PROGRESSIVE);
}
/// Inks as Adobe's programs write them: 255 is none.
inline bytes cmyk(const pixels& p) {
  std::vector<unsigned char> inks;
  for (std::size_t i = 0; i < p.values.size(); i += 3)
    inks.insert(inks.end(), {p.values[i], p.values[i + 1], p.values[i + 2], 255});
  return encode(inks, p.width, p.height, TJPF_CMYK, TJSAMP_444, 0);
}
/// Each pixel becomes `times` x `times`.
inline bytes enlarged(const pixels& p, int times) {
  std::vector<unsigned char> values;
  for (int y = 0; y < p.height * times; ++y)
    for (int x = 0; x < p.width * times; ++x) {
      const auto at = p.values.begin() + ((y / times) * std::ptrdiff_t{p.width} + x / times) * 3;
      values.insert(values.end(), at, at + 3);
    }
  return encode(values, p.width * times, p.height * times, TJPF_RGB, TJSAMP_420, 0);
}
/// One colour all over.
inline bytes plain(int width, int height) {
  return encode(std::vector<unsigned char>(static_cast<std::size_t>(width) *
                                           static_cast<std::size_t>(height) * 3),
                width, height, TJPF_RGB, TJSAMP_420, 0);
}
/// The same picture, said to have another size.
inline bytes with_size(bytes jpeg, unsigned width, unsigned height) {
  for (std::size_t i = 0; i + 8 < jpeg.size(); ++i)
    if (jpeg[i] == std::byte{0xff} &&
        (jpeg[i + 1] == std::byte{0xc0} || jpeg[i + 1] == std::byte{0xc2})) {
      const auto put = [&jpeg](std::size_t at, unsigned value) {
        jpeg[at] = static_cast<std::byte>(value >> 8U);
        jpeg[at + 1] = static_cast<std::byte>(value & 255U);
      };
      put(i + 5, height);
      put(i + 7, width);
      return jpeg;
    }
  BOOST_FAIL("no frame header");
  return {};
}

} // namespace monopod::pictures
