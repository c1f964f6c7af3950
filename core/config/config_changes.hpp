// The difference between the running configuration and one that was read again.
#pragma once

#include "core/config/config.hpp"

#include <string>
#include <vector>

namespace monopod {

/// One setting with another value. A section like [vision.NAME] that was added or removed is one
/// change, with "present" and "absent" as its values.
struct config_change {
  std::string key;      // "log.level", "vision.detect.service_ms", "cloud.aws"
  std::string from;     // as text for people; "(secret)" for a secret
  std::string to;       //
  bool runtime = false; // take_runtime() applies it; otherwise it waits for a restart
};

/// All differences, in the order of the settings.
std::vector<config_change> compare(const config& running, const config& wanted);

/// Copies every setting that may change at run time to `running`, for the sections that both have.
void take_runtime(config& running, const config& wanted);

} // namespace monopod
