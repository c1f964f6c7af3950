// A node's status as tables for people.
#pragma once

#include <string>

namespace monopod {

struct status_view {
  bool ready = false;
  std::string text; // several lines
};

/// `answer` is one of /api/v1/status (schemas/status.fbs); throws a std::exception if it is
/// something else. `colour` adds the escape codes of a terminal.
status_view status_table(const std::string& answer, bool colour);

} // namespace monopod
