// Frames from cameras to one application, through Monopod and through the usual alternatives.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <string>

namespace monopod::experiment {

/// The load on a carrier.
struct carriage {
  std::size_t cameras = 1;
  double takes_ms = 0; // the application, for each frame; if above 0, it ends when the cameras do
};

/// A row for each frame that arrived after the warm-up, with the columns of receiving_app. Further
/// columns have the same value in all rows: the server's cpu_us_per_frame, rss_mb and grown_mb
/// (since the warm-up); wire_bytes_per_frame (all bytes on loopback, with headers and with the
/// traffic of other programs); and got_share (of the frames sent). The cameras are in this
/// process, and the application is in one of its own.
sample_table measure_carrier(const carrier& c, const carriage& load, const std::string& bin,
                             const settings& s);

} // namespace monopod::experiment
