// The report that monopod-camera prints at its end.
#pragma once

#include "programs/camera/options.hpp"
#include "programs/table.hpp"

#include <cstdint>
#include <string>

namespace monopod {

struct camera_report {
  camera_window::statistics frames; // of all cameras
  source_statistics source = {};
  std::uint64_t blocked = 0; // frames that waited for room in the window
  double average_bytes = 0;
  double seconds = 0;    // of publishing
  bool settled = false;  // nothing was left in the windows
  bool pictures = false; // the source gave at least one
};

/// Adds three rows of a name, a count and a note: the pictures that the source skipped, the broken
/// ones, and the reconnects.
void add_source_rows(table& rows, const source_statistics& s);

/// One JSON object on a line of its own.
std::string report_json(const camera_report& r);
/// The same as a table for people, without the rows that do not apply to such a source.
std::string report_table(const camera_report& r, const camera_options& o);

/// Prints the report on stdout, as a table or JSON, and says on stderr what went wrong. Returns
/// the exit code.
int print_report(const camera_report& r, const camera_options& o);

} // namespace monopod
