// Frames from cameras to one application, through Monopod and through what people would take
// instead.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <string>
#include <vector>

namespace monopod::experiment {

/// Who carries what.
struct carriage {
  std::size_t cameras = 1;
  double takes_ms = 0; // the application's for each frame; then it ends when the cameras do
};

/// A row for each frame that came after the warm-up: camera, number, t_s (its
/// stamp, from the first row's) and to_app_ms (stamp just before it is sent to stamp when the
/// application has it); and in all rows the same: cpu_us_per_frame, rss_mb and grown_mb (since the
/// warm-up) of the server's, wire_bytes_per_frame (all that loopback carried, headers too; also
/// other programs' traffic) and got_share (of the frames sent). Cameras are in this process, the
/// application in one of its own.
sample_table measure_carrier(const carrier& c, const carriage& load, const std::string& bin,
                             const settings& s);

/// What that application does: `arguments` are carrier, address, cameras, frames, ms that it takes
/// for each, seconds after which it ends (0: when all came), and the CSV file that it writes at its
/// end; FILE.ready is there once frames would come. The exit code.
int run_receiver(const std::vector<std::string>& arguments);

} // namespace monopod::experiment
