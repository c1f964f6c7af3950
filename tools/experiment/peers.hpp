// Frames from cameras to one application, through Monopod and through what people would take
// instead.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <string>

namespace monopod::experiment {

/// Who carries what.
struct carriage {
  std::size_t cameras = 1;
  double takes_ms = 0; // the application's for each frame; then it ends when the cameras do
};

/// A row for each frame that came after the warm-up, as receiving_app's; and in all rows the same:
/// cpu_us_per_frame, rss_mb and grown_mb (since the warm-up) of the server's, wire_bytes_per_frame
/// (all that loopback carried, headers too; also other programs' traffic) and got_share (of the
/// frames sent). Cameras are in this process, the application in one of its own.
sample_table measure_carrier(const carrier& c, const carriage& load, const std::string& bin,
                             const settings& s);

} // namespace monopod::experiment
