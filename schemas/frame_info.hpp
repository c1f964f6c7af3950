// A frame's envelope as the stages carry it: the one place that knows its fields.
#pragma once

#include "schemas/frame_generated.h"

#include <cstdint>
#include <string_view>

namespace monopod {

/// The envelope (schemas/frame.fbs) without the camera's name. Stamps are nanoseconds since the
/// Unix epoch, sizes pixels; 0 is unknown.
struct frame_info {
  std::uint64_t stream = 0;
  std::uint64_t seq = 0;
  std::uint64_t captured_at_ns = 0;
  std::uint64_t received_at_ns = 0;
  wire::Encoding encoding = wire::Encoding::Jpeg;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::uint32_t dropped_before = 0;
};

/// Frames of a camera that an application did not get, by reason.
struct skipped_frames {
  std::uint32_t newer = 0; // newer ones took their place
  std::uint32_t age = 0;   // max_age_ns
  std::uint32_t rate = 0;  // min_interval_ns
};

/// `f`: verified. The result may hold an encoding that this version does not know (known_encoding).
inline frame_info read_frame(const wire::Frame& f) {
  return {.stream = f.stream(),
          .seq = f.seq(),
          .captured_at_ns = f.captured_at_ns(),
          .received_at_ns = f.received_at_ns(),
          .encoding = f.encoding(),
          .width = f.width(),
          .height = f.height(),
          .dropped_before = f.dropped_before()};
}

/// Writes the envelope into `b`, for finish_camera() and its like. `skipped`: towards an
/// application only.
inline flatbuffers::Offset<wire::Frame> write_frame(flatbuffers::FlatBufferBuilder& b,
                                                    std::string_view camera, const frame_info& f,
                                                    const skipped_frames& skipped = {}) {
  return wire::CreateFrame(b, b.CreateString(camera), f.stream, f.seq, f.captured_at_ns,
                           f.received_at_ns, f.encoding, f.width, f.height, f.dropped_before,
                           skipped.newer, skipped.age, skipped.rate);
}

/// FlatBuffers' verifier lets any number pass.
inline bool known_encoding(wire::Encoding e) { return e <= wire::Encoding::MAX; }

} // namespace monopod
