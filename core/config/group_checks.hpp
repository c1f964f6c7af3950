// What the settings of a group must be together.
#pragma once

#include "core/config/config.hpp"
#include "core/config/setting.hpp"

#include <string>
#include <vector>

namespace monopod {

struct group_problem {
  std::string key; // "member.a.address", "node"
  setting_problem why;
};

/// What no group can be made of. Nothing where no members are configured: the node is on its own.
std::vector<group_problem> check_group(const config& c);

/// What works and is not what a group is for; whole sentences, for a group without problems.
std::vector<std::string> group_warnings(const config& c);

} // namespace monopod
