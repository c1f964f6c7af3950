#include "programs/sources/encoder.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace monopod {

void quality_control::encoded(std::size_t bytes) {
  ++count_;
  total_ += static_cast<double>(bytes);
  if (average_bytes_ <= 0)
    return;
  // The next ten pictures or so should make up for the error of the sum. The size grows roughly
  // with quality^0.8, so an exponent of 1.25 would correct it at once; 0.6 corrects about half of
  // it, so that quality does not swing.
  const auto off = average_bytes_ * static_cast<double>(count_) - total_;
  const auto wanted = std::clamp(average_bytes_ + off / 10, average_bytes_ / 3, average_bytes_ * 3);
  const auto ratio = std::clamp(wanted / static_cast<double>(bytes), 0.5, 2.0);
  quality_ = std::clamp(quality_ * std::pow(ratio, 0.6), 2.0, 98.0);
}

jpeg_encoder::jpeg_encoder() : handle_(tjInitCompress(), tjDestroy) {}

payload jpeg_encoder::encode_rgb(const std::uint8_t* rgb, int width, int height, int quality) {
  unsigned char* out = nullptr;
  unsigned long size = 0;
  if (tjCompress2(handle_.get(), rgb, width, 0, height, TJPF_RGB, &out, &size, TJSAMP_420, quality,
                  0) != 0)
    throw std::runtime_error(std::string("JPEG: ") + tjGetErrorStr2(handle_.get()));
  std::shared_ptr<const void> owner(
      out, [](const void* p) { tjFree(static_cast<unsigned char*>(const_cast<void*>(p))); });
  return {owner, {reinterpret_cast<const std::byte*>(out), size}};
}

} // namespace monopod
