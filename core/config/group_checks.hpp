// The rules that the settings of a group must keep together.
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

/// The problems with which no group can be made. None if no members are configured, since then the
/// node is on its own.
std::vector<group_problem> check_group(const config& c);

/// Warnings, in whole sentences, about a group that works and yet does not do what a group is for.
/// Only for a group without problems.
std::vector<std::string> group_warnings(const config& c);

} // namespace monopod
