// The sources of pictures.
#pragma once

#include "core/payload.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace monopod {

/// Either a JPEG as the source sent it, or pixels.
struct picture {
  payload jpeg;                      // empty: see rgb
  const std::uint8_t* rgb = nullptr; // 3 bytes a pixel; valid until the source's next call
  int width = 0;
  int height = 0;
  std::uint64_t captured_at_ns = 0; // live: when it was received (realtime_ns()); else 0
};

struct source_statistics {
  std::uint64_t skipped = 0;    // live: the publisher was behind, or more arrived than was wanted
  std::uint64_t broken = 0;     // cut off, corrupt or too large
  std::uint64_t reconnects = 0; // live: connections made again after a break
  std::string trouble = {};     // live: why there is nothing now; empty while pictures arrive
};

/// One thread makes, uses and destroys it.
class source {
public:
  virtual ~source() = default;
  /// The next picture. Nothing at the end; nothing from a live source if none has arrived yet.
  /// Throws std::runtime_error if the source is broken for good, which a live one never is.
  virtual std::optional<picture> next() = 0;
  /// A file descriptor that can be read while pictures of a live source wait. -1 if the source is
  /// not live; its next() returns nothing only at the end.
  virtual int descriptor() const { return -1; }
  bool live() const { return descriptor() >= 0; }
  virtual source_statistics stats() const { return {}; }
};

struct source_options {
  std::string address = "synthetic"; // see source_kind
  bool pass_jpeg = true;             // a JPEG stays as it is; else all pictures are pixels
  bool loop = false;                 // a file starts again at its end
  int width = 0;                     // of the drawn scene, or requested from a device; 0: its own
  int height = 0;
  double fps = 0;                     // live: at most so many a second; 0: limits::live_fps_max
  bool udp = false;                   // RTSP: media over UDP, else inside the TCP connection
  std::uint32_t patience_ms = 10'000; // live: reopened after so long without a picture
};

/// Throws std::runtime_error with the remedy if a file can't be opened. A live source is opened in
/// the background, again and again until it is there.
std::unique_ptr<source> make_source(const source_options& options);

} // namespace monopod
