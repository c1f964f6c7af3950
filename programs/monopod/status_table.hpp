// A node's status as tables for people.
#pragma once

#include <string>

namespace monopod {

struct status_view {
  bool ready = false;
  std::string text; // several lines
};

/// `json`: what /api/v1/status answers (schemas/status.fbs); std::runtime_error where it is
/// something else. `colour`: with the escape codes of a terminal.
status_view status_table(const std::string& json, bool colour);

} // namespace monopod
