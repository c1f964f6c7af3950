// The report that the control's camera prints at its end.
#pragma once

#include "programs/sources/source.hpp"
#include "tools/control/camera/options.hpp"
#include "tools/control/outgoing_stream.hpp"

#include <cstdint>

namespace monopod::control {

struct publisher_report {
  std::uint64_t frames = 0;  // published by all cameras
  stream_statistics streams; // of all cameras
  source_statistics source;
  double average_bytes = 0;
  double seconds = 0;   // of publishing
  bool settled = false; // the gateway has answered at the end of each stream
};

/// Prints to stdout, as a table or as JSON with the names of monopod-camera's report, and errors
/// to stderr. Returns the exit code.
int print_report(const publisher_report& r, const publisher_options& o);

} // namespace monopod::control
