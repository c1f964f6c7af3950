// The application that receives frames from a carrier, in a process of its own.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/sample_table.hpp"
#include "tools/harness/process.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod::experiment {

/// The frames that the application takes before it ends.
struct reception {
  std::size_t cameras = 1;
  std::uint64_t frames = 0; // of each camera
  double takes_ms = 0;      // that it takes for each frame
  double lasts_s = 0;       // it ends after this time; 0: when all frames have arrived
};

/// The application's process. Single-threaded.
class receiving_app {
public:
  /// Subscribed when constructed; std::runtime_error if it does not start. `bin` is the folder of
  /// Monopod's programs.
  receiving_app(const std::string& bin, const clients& c, const std::string& address,
                const reception& what);

  /// Waits for its end. Returns a row for each frame that arrived, by its stamp: camera, number,
  /// t_s (its stamp, from the first row's) and to_app_ms (from the stamp just before it is sent to
  /// the time when the application has it). std::runtime_error if the process failed, or if
  /// nothing arrived.
  sample_table finish();

private:
  harness::temporary_directory scratch_;
  std::string csv_;
  harness::process process_;
};

/// The process itself, monopod-experiment's command `receive`; `arguments` are those that
/// receiving_app gives. Returns the exit code.
int run_receiver(const std::vector<std::string>& arguments);

} // namespace monopod::experiment
