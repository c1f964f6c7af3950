// What monopod-camera prints at its end.
#pragma once

#include "programs/camera/options.hpp"

#include <cstdint>

namespace monopod {

struct camera_report {
  camera_window::statistics frames; // of all cameras; the round trip of the first one
  source_statistics source = {};
  std::uint64_t blocked = 0; // frames that waited for room in the window
  double average_bytes = 0;
  double seconds = 0;    // of publishing
  bool settled = false;  // nothing was left in the windows
  bool pictures = false; // the source gave any
};

/// On stdout, as a table or JSON; on stderr what went wrong. Returns the exit code.
int print_report(const camera_report& r, const camera_options& o);

} // namespace monopod
