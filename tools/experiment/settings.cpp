#include "tools/experiment/settings.hpp"

#include <spdlog/fmt/fmt.h>

namespace monopod::experiment {

std::string to_text(const settings& s) {
  return fmt::format(
      "source {}, {} frames at {} fps of {} bytes after {} to warm up, {} s quiet, "
      "{} s measured, nodes fail after {} s for {} s and {} s more, {} repetitions, seed {}",
      s.source, s.frames, s.fps, s.average_bytes, s.warm_up, s.quiet_s, s.measure_s,
      s.failure.before_s, s.failure.off_s, s.failure.after_s, s.repetitions, s.seed);
}

} // namespace monopod::experiment
