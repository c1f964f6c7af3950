#include "tools/experiment/session_samples.hpp"

#include <algorithm>
#include <utility>

namespace monopod::experiment {

std::vector<cell> conditions_of(const session& s, const std::string& experiment) {
  std::vector<cell> all;
  for (auto c : s.cells(experiment)) {
    c.repetition = 0;
    if (std::ranges::find(all, c) == all.end())
      all.push_back(std::move(c));
  }
  std::ranges::stable_sort(all, {}, [](const cell& c) {
    return std::pair(c.variant, c.condition.empty() ? 0 : std::stod(c.condition));
  });
  return all;
}

repetitions samples_of(const session& s, const cell& which, const std::string& column,
                       const std::string& where, double is) {
  repetitions runs;
  for (const auto& c : s.cells(which.experiment)) {
    if (c.variant != which.variant || c.condition != which.condition)
      continue;
    const auto table = s.load(c);
    auto values = table.column(column);
    if (!where.empty()) {
      const auto place = table.column(where);
      std::vector<double> some;
      for (std::size_t i = 0; i < values.size(); ++i)
        if (place[i] == is)
          some.push_back(values[i]);
      values = std::move(some);
    }
    runs.push_back(std::move(values));
  }
  return runs;
}

} // namespace monopod::experiment
