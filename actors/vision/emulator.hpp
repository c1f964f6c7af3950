// The emulated vision application's behaviour: how long a frame takes it, and what it claims to
// have seen.
#pragma once

#include "core/config/config.hpp"
#include "schemas/detection_generated.h"

#include <cstdint>
#include <random>

namespace monopod {

/// Service times and made-up detections, as in the 2022 thesis; the same for the same seed and
/// order of calls. Pure.
class emulator {
public:
  explicit emulator(const vision_config& conf);

  /// The next frame's service time: constant, normal (cut at 0) or lognormal with the configured
  /// mean and deviation.
  std::uint64_t service_time_ns();

  /// The next frame's detections, into a buffer under construction.
  flatbuffers::Offset<wire::Inference> detect(flatbuffers::FlatBufferBuilder& b,
                                              std::uint64_t processing_ns);

private:
  vision_config conf_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_; // of the time, or of its logarithm
};

} // namespace monopod
