// The settings of a session; the thesis's by default.
#pragma once

#include <cstdint>
#include <string>

namespace monopod::experiment {

/// A real cluster, and the ways to reach it: options of tools/cluster/stage.
struct cluster_access {
  std::string kubectl = "kubectl";
  std::string outside; // runs the rest of a command on a host outside; empty: this machine
  std::string fail;    // powers off a node, whose name replaces {}; empty: not possible
  std::string restore; // powers it on again
  std::string overlay = "k8s/overlays/lab"; // of Monopod
  std::string control_overlay = "k8s/overlays/control-lab";
  std::string original_overlay = "k8s/overlays/control-original-lab"; // with the habits
  std::string checkout; // of Monopod's sources; empty: the one that has this build
};

/// The times of a node's failure.
struct failure_times {
  double before_s = 30;
  double off_s = 120; // the boot delay of the thesis
  double after_s = 120;
};

struct settings {
  std::string source = "synthetic"; // of monopod-camera: "synthetic", or a video file
  std::uint64_t frames = 1000;      // of a run, after the warm-up
  std::uint64_t warm_up = 20;       // frames before those, which do not count
  double fps = 10;
  std::uint64_t average_bytes = 24'000;
  double quiet_s = 300;   // before CPU and memory at rest count; the thesis waited 30 minutes
  double measure_s = 100; // of CPU and memory, at rest and streaming
  int repetitions = 5;
  failure_times failure;
  std::uint64_t seed = 1; // of the order of runs, and of the bootstrap
  cluster_access cluster; // a session keeps which cluster it was, but not how it was reached

  /// Takes minutes instead of hours: shows that everything works, but gives no figures to quote.
  void be_quick() {
    frames = 40;
    warm_up = 5;
    quiet_s = 3;
    measure_s = 8;
    failure = {.before_s = 10, .off_s = 60, .after_s = 30};
    repetitions = 1;
  }
};

/// One line, the same for the same settings, which all runs of a session have in common.
std::string to_text(const settings& s);

} // namespace monopod::experiment
