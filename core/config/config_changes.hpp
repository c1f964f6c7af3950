// What a configuration that was read again would change.
#pragma once

#include "core/config/config.hpp"

#include <string>
#include <vector>

namespace monopod {

/// One setting with another value. A section as [vision.NAME] that came or went is one
/// change, with "present" and "absent" as its values.
struct config_change {
  std::string key;      // "log.level", "vision.detect.service_ms", "cloud.aws"
  std::string from;     // for people; "(secret)" for a secret
  std::string to;       //
  bool runtime = false; // take_runtime() applies it; else it waits for a restart
};

/// In the order of the settings.
std::vector<config_change> compare(const config& running, const config& wanted);

/// Copies every setting that may change at run time, of the sections that both have.
void take_runtime(config& running, const config& wanted);

} // namespace monopod
