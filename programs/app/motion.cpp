#include "programs/app/motion.hpp"

#include "core/version.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <cmath>

namespace monopod {

namespace {

constexpr tjscalingfactor eighth{1, 8};
constexpr int max_pixels = 64 * 1024 * 1024;
constexpr float changed_by = 18;      // of 255: above the noise of a JPEG
constexpr float learning_rate = 0.1F; // of the background, per picture
constexpr float least_share = 0.002F; // of the picture, to be called motion

std::unique_ptr<wire::DetectionT> detection(const char* label, float confidence) {
  auto d = std::make_unique<wire::DetectionT>();
  d->label = label;
  d->confidence = std::clamp(confidence, 0.0F, 1.0F);
  return d;
}

} // namespace

grey_decoder::grey_decoder() : handle_(tjInitDecompress(), tjDestroy) {}

std::optional<grey_picture> grey_decoder::decode(const payload& jpeg) {
  const auto* data = reinterpret_cast<const unsigned char*>(jpeg.bytes().data());
  const auto size = static_cast<unsigned long>(jpeg.size_bytes());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(handle_.get(), data, size, &width, &height, &subsampling, &colours) !=
          0 ||
      width < 1 || height < 1 || width > max_pixels / height)
    return std::nullopt;
  grey_picture p{TJSCALED(width, eighth), TJSCALED(height, eighth), {}};
  p.pixels.resize(static_cast<std::size_t>(p.width) * static_cast<std::size_t>(p.height));
  if (tjDecompress2(handle_.get(), data, size, p.pixels.data(), p.width, 0, p.height, TJPF_GRAY,
                    TJFLAG_FASTDCT) != 0)
    return std::nullopt;
  return p;
}

wire::InferenceT motion_detector::detect(const grey_picture& p) {
  if (p.width != width_ || p.height != height_) {
    width_ = p.width;
    height_ = p.height;
    background_.assign(p.pixels.begin(), p.pixels.end());
  }
  double sum = 0;
  std::size_t changed = 0;
  int left = p.width;
  int right = -1;
  int top = p.height;
  int bottom = -1;
  for (int y = 0; y < p.height; ++y)
    for (int x = 0; x < p.width; ++x) {
      const auto i = static_cast<std::size_t>(y) * static_cast<std::size_t>(p.width) +
                     static_cast<std::size_t>(x);
      const float value = p.pixels[i];
      sum += value;
      if (std::abs(value - background_[i]) > changed_by) {
        ++changed;
        left = std::min(left, x);
        right = std::max(right, x);
        top = std::min(top, y);
        bottom = y;
      }
      background_[i] += (value - background_[i]) * learning_rate;
    }
  const auto cells = static_cast<float>(std::max<std::size_t>(p.pixels.size(), 1));
  wire::InferenceT found;
  found.model = "motion";
  found.revision = version;
  found.detections.push_back(detection("brightness", static_cast<float>(sum) / cells / 255));
  if (const float share = static_cast<float>(changed) / cells; share > least_share) {
    auto d = detection("motion", share);
    const auto w = static_cast<float>(p.width);
    const auto h = static_cast<float>(p.height);
    d->box = std::make_unique<wire::Box>(static_cast<float>(left) / w, static_cast<float>(top) / h,
                                         static_cast<float>(right - left + 1) / w,
                                         static_cast<float>(bottom - top + 1) / h);
    found.detections.push_back(std::move(d));
  }
  return found;
}

} // namespace monopod
