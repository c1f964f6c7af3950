// The laboratory for people: up, down, shell, status.
#pragma once

#include "tools/lab/options.hpp"

#include <string>

namespace monopod::lab {

/// Builds a laboratory that a process in the background keeps until down(). Nodes that end are
/// started again after two seconds. Returns the exit code once the group is whole.
int up(const lab_options& o, const std::string& name);
/// Ends the laboratory, and removes what killed laboratories left.
int down(const std::string& name);
/// Replaces this process by `command`, or a shell, inside the host.
int shell(const std::string& name, const std::string& host,
          const std::vector<std::string>& command);
/// Prints each node's status, and how frames flow.
int status(const std::string& bin, const std::string& name);

} // namespace monopod::lab
