// A small real vision application: what moves, and how bright it is.
#pragma once

#include "core/payload.hpp"
#include "schemas/detection_generated.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace monopod {

/// A picture's brightness, an eighth of its size in each direction.
struct grey_picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels; // rows from the top
};

/// Decodes JPEG by TurboJPEG, which scales while it decodes. Not thread-safe.
class grey_decoder {
public:
  grey_decoder();
  /// Nothing where the bytes are no JPEG, or one of more than 64 million pixels.
  std::optional<grey_picture> decode(const payload& jpeg);

private:
  std::shared_ptr<void> handle_;
};

/// Compares each picture of one camera with a running average of those before it. Pure.
class motion_detector {
public:
  /// One detection "brightness" (confidence: mean, 0 to 1), and one "motion" where cells have
  /// changed (confidence: the share that has; box: around them).
  wire::InferenceT detect(const grey_picture& picture);

private:
  int width_ = 0;
  int height_ = 0;
  std::vector<float> background_;
};

} // namespace monopod
