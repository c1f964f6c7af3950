// The application that gets what a carrier carries: a process of its own.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/sample_table.hpp"
#include "tools/harness/process.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod::experiment {

/// What it takes before it ends.
struct reception {
  std::size_t cameras = 1;
  std::uint64_t frames = 0; // of each camera
  double takes_ms = 0;      // for each frame
  double lasts_s = 0;       // it ends after so much, whatever came; 0: when all came
};

/// That process. Single-threaded.
class receiving_app {
public:
  /// Subscribed when constructed; std::runtime_error where it does not start. `bin`: folder of
  /// Monopod's programs.
  receiving_app(const std::string& bin, const clients& c, const std::string& address,
                const reception& what);

  /// Waits for its end. A row for each frame that came, by its stamp: camera, number, t_s (its
  /// stamp, from the first row's) and to_app_ms (stamp just before it is sent to stamp when the
  /// application has it). std::runtime_error where it failed, or nothing came.
  sample_table finish();

private:
  harness::temporary_directory scratch_;
  std::string csv_;
  harness::process process_;
};

/// What the process does, of monopod-experiment's command `receive`: `arguments` are those that
/// receiving_app gives. The exit code.
int run_receiver(const std::vector<std::string>& arguments);

} // namespace monopod::experiment
