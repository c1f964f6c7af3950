// What a session of the experiment runs with; the thesis's settings by default.
#pragma once

#include <cstdint>
#include <string>

namespace monopod::experiment {

struct settings {
  std::string source = "synthetic"; // of monopod-camera: or a video file
  std::uint64_t frames = 1000;      // of a run, after the warm-up
  std::uint64_t warm_up = 20;       // frames before them, which are dropped
  double fps = 10;
  std::uint64_t average_bytes = 24'000;
  double quiet_s = 300;   // before CPU and memory at rest count; the thesis waited 30 minutes
  double measure_s = 100; // of CPU and memory, at rest and streaming
  int repetitions = 5;
  std::uint64_t seed = 1; // of the order of runs, and of the bootstrap

  /// Minutes instead of hours: shows that it works, no figures to quote.
  void be_quick() {
    frames = 60;
    warm_up = 5;
    quiet_s = 3;
    measure_s = 8;
    repetitions = 2;
  }
};

/// One line, the same for the same settings: what runs of one session have in common.
std::string to_text(const settings& s);

} // namespace monopod::experiment
