// The part of a vision stage that looks at frames: the emulator, or a plug-in.
#pragma once

#include "core/config/config.hpp"
#include "core/payload.hpp"
#include "schemas/detection_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <string>

namespace monopod {

/// A frame as a vision stage receives it.
struct vision_frame {
  std::string camera;
  std::uint64_t stream = 0;
  std::uint64_t seq = 0;
  std::uint64_t captured_at_ns = 0; // the camera's stamp, nanoseconds since the Unix epoch
  payload body;                     // its JPEG, or whatever the camera sent instead
};

/// Looks at one frame at a time, on the thread of its stage's loop, on which it is also made and
/// destroyed. Nothing throws: a frame that can't be looked at is counted, and answered without
/// detections.
class vision_worker {
public:
  vision_worker() = default;
  vision_worker(const vision_worker&) = delete;
  vision_worker& operator=(const vision_worker&) = delete;
  virtual ~vision_worker() = default;

  /// Looks at the frame. Returns the time in nanoseconds after which the answer counts as ready.
  virtual std::uint64_t look(const vision_frame& f) = 0;

  /// Writes the detections of the frame of the last look() into a buffer under construction.
  virtual flatbuffers::Offset<wire::Inference> answer(flatbuffers::FlatBufferBuilder& b,
                                                      std::uint64_t processing_ns) = 0;

  /// Takes over the settings that may change at run time.
  virtual void reload(const vision_config&) {}

  /// The reason why it can't look at frames, with the remedy, for the node's status; empty if it
  /// can.
  virtual std::string problem() const { return {}; }
};

} // namespace monopod
