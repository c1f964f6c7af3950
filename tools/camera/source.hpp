// Where pictures come from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace monopod {

/// RGB, 3 bytes a pixel; valid until the source's next call.
struct picture {
  const std::uint8_t* rgb = nullptr;
  int width = 0;
  int height = 0;
};

class source {
public:
  virtual ~source() = default;
  /// The next picture; nothing at the end. Throws std::runtime_error where the source is broken.
  virtual std::optional<picture> next() = 0;
};

/// A drawn street; never ends.
std::unique_ptr<source> make_synthetic_source(int width, int height);

/// A video file, by FFmpeg's libraries; starts again at its end where `loop` is set. Throws
/// std::runtime_error with the remedy where it can't be opened.
std::unique_ptr<source> make_video_source(const std::string& path, bool loop);

} // namespace monopod
