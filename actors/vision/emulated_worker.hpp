// The emulated vision application's behaviour: how long a frame takes it, and what it claims to
// have seen.
#pragma once

#include "actors/vision/vision_worker.hpp"

#include <cstdint>
#include <random>
#include <vector>

namespace monopod {

/// Service times and made-up detections, as in the 2022 thesis; the same for the same seed and
/// order of calls.
class emulated_worker final : public vision_worker {
public:
  explicit emulated_worker(const vision_config& conf);

  /// Decodes the frame if that is configured, and computes for the next service time, or returns
  /// it.
  std::uint64_t look(const vision_frame& f) override;

  /// The next frame's detections.
  flatbuffers::Offset<wire::Inference> answer(flatbuffers::FlatBufferBuilder& b,
                                              std::uint64_t processing_ns) override;

  /// Starts anew with changed settings.
  void reload(const vision_config& conf) override;

  /// The next frame's service time: constant, normal (cut at 0) or lognormal with the configured
  /// mean and deviation.
  std::uint64_t service_time_ns();

private:
  vision_config conf_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_; // of the time, or of its logarithm
  std::vector<unsigned char> pixels_;
};

} // namespace monopod
