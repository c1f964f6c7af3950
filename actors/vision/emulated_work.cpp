#include "actors/vision/emulated_work.hpp"

#include "core/clock.hpp"

#include <turbojpeg.h>

#include <ctime>
#include <memory>

namespace monopod {

void burn_cpu(std::uint64_t duration_ns) {
  const auto now_ns = [] {
    timespec ts{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return static_cast<std::uint64_t>(ts.tv_sec) * ns_per_s +
           static_cast<std::uint64_t>(ts.tv_nsec);
  };
  const auto end_ns = now_ns() + duration_ns;
  while (now_ns() < end_ns) {
  }
}

void decode_jpeg(std::span<const std::byte> jpeg, std::vector<unsigned char>& pixels) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colour_space = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(jpeg.data());
  const auto size = static_cast<unsigned long>(jpeg.size());
  constexpr int max_pixels = 64 * 1024 * 1024;
  if (tjDecompressHeader3(decoder.get(), data, size, &width, &height, &subsampling,
                          &colour_space) != 0 ||
      width > max_pixels / height)
    return;
  pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  tjDecompress2(decoder.get(), data, size, pixels.data(), width, 0, height, TJPF_RGB, 0);
}

} // namespace monopod
