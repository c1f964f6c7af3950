// "a,b,c"
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace monopod::experiment {

/// Its parts; none of an empty text.
inline std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream rest(list);
  for (std::string part; std::getline(rest, part, ',');)
    parts.push_back(part);
  return parts;
}

} // namespace monopod::experiment
