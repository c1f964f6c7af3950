// The rules that concern more than one setting.
#pragma once

#include "core/config/config.hpp"
#include "core/config/setting.hpp"

#include <string>
#include <vector>

namespace monopod {

struct config_problem {
  std::string key; // "member.a.address", "cloud.a.tls", "node"
  setting_problem why;
};

/// The settings that contradict each other, with which the node can't run. Each alone is valid.
std::vector<config_problem> check_together(const config& c);

/// Warnings, in whole sentences, about settings that work and yet do not do what they are for:
/// a group that survives little, settings that nothing reads. Only for settings without problems.
std::vector<std::string> config_warnings(const config& c);

} // namespace monopod
