// The pictures of a source, as JPEG of the wanted size, for cameras to publish.
#pragma once

#include "core/clock.hpp"
#include "core/payload.hpp"
#include "programs/camera/options.hpp"
#include "programs/sources/encoder.hpp"
#include "programs/sources/source.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace monopod {

struct encoded_picture {
  payload jpeg;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::uint64_t captured_at_ns = 0; // of a live source (realtime_ns()), else 0: stamp it yourself
};

/// How long to wait after a frame before making the next picture, if frames go out every
/// `turn_ns`: drawing and encoding take a processor on which the frame's receivers may be about to
/// wake.
constexpr std::uint64_t rest_after_frame_ns(std::uint64_t turn_ns) {
  return std::min(10 * ns_per_ms, turn_ns / 4);
}

/// One thread makes, uses and destroys it.
class picture_feed {
public:
  /// Throws std::runtime_error with the remedy if the source is a file that can't be opened.
  explicit picture_feed(const camera_options& o);

  /// The next picture. Nothing at the end; nothing from a live source if none has arrived yet.
  std::optional<encoded_picture> next();

  const source& from() const { return *source_; }
  bool any() const { return any_; } // whether there was a picture
  double average_bytes() const { return quality_.average_bytes(); }

private:
  const bool flood_;
  std::unique_ptr<source> source_;
  quality_control quality_;
  jpeg_encoder encoder_;
  std::vector<encoded_picture> repeated_; // in a flood
  std::uint64_t number_ = 0;
  bool any_ = false;
};

} // namespace monopod
