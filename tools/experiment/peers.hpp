// Frames from cameras to one application, through Monopod and through what people would take
// instead.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <string>
#include <vector>

namespace monopod::experiment {

/// A row for each frame that came after the warm-up: camera, number, t_s (its
/// stamp, from the first row's) and to_app_ms (stamp just before it is sent to stamp when the
/// application has it); and in all rows the same cpu_us_per_frame and rss_mb of the server's.
/// Cameras are in this process, the application in one of its own.
sample_table measure_carrier(const carrier& c, std::size_t cameras, const std::string& bin,
                             const settings& s);

/// What that application does: `arguments` are carrier, address, cameras, frames and the CSV file
/// that it writes at its end; FILE.ready is there once frames would come. The exit code.
int run_receiver(const std::vector<std::string>& arguments);

} // namespace monopod::experiment
