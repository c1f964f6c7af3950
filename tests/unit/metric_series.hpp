// The metric series that there are at this moment, by their labels.
#pragma once

#include "actors/metrics.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace monopod {

/// How many series have this label, with this value if it is not empty.
inline std::size_t series_with(const metrics& all, const std::string& label,
                               const std::string& value = {}) {
  std::size_t found = 0;
  for (const auto& family : all.registry.Collect())
    for (const auto& m : family.metric)
      found += static_cast<std::size_t>(std::ranges::count_if(m.label, [&](const auto& l) {
        return l.name == label && (value.empty() || l.value == value);
      }));
  return found;
}

} // namespace monopod
