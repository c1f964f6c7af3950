// A small real vision application: it finds motion in pictures, and their brightness.
#pragma once

#include "core/payload.hpp"
#include "schemas/detection_generated.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace monopod {

/// The brightness of a picture, scaled to an eighth of its size in each direction.
struct grey_picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels; // rows from the top
};

/// Decodes JPEG with TurboJPEG, which scales while it decodes. Not thread-safe.
class grey_decoder {
public:
  grey_decoder();
  /// Returns nothing if the bytes are not a JPEG, or if the picture has more than 64 * 1024 * 1024
  /// pixels.
  std::optional<grey_picture> decode(const payload& jpeg);

private:
  std::shared_ptr<void> handle_;
};

/// Compares each picture of one camera with a running average of those before it. Pure.
class motion_detector {
public:
  /// Returns a detection "brightness", whose confidence is the mean brightness, 0 to 1. If enough
  /// pixels have changed, it returns a detection "motion" as well: its confidence is their share,
  /// and its box surrounds them.
  wire::InferenceT detect(const grey_picture& picture);

private:
  int width_ = 0;
  int height_ = 0;
  std::vector<float> background_;
};

} // namespace monopod
