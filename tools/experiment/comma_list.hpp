// Lists of the form "a,b,c".
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace monopod::experiment {

/// The parts of a list; none if the text is empty.
inline std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream rest(list);
  for (std::string part; std::getline(rest, part, ',');)
    parts.push_back(part);
  return parts;
}

/// A list of what `f` returns for each element.
template <class Range, class F>
std::string comma_list(const Range& all, F f) {
  std::string list;
  for (const auto& one : all)
    list += (list.empty() ? "" : ",") + f(one);
  return list;
}

} // namespace monopod::experiment
