#include "tools/experiment/outage.hpp"

#include <algorithm>

namespace monopod::experiment {

silence longest_silence(const sample_table& failure) {
  auto came = failure.column("came_s");
  std::ranges::sort(came);
  came.push_back(std::max(failure.column("end_s").front(), came.back()));
  silence longest;
  for (std::size_t i = 1; i < came.size(); ++i)
    if (came[i] > 0 && came[i] - came[i - 1] > longest.to_s - longest.from_s)
      longest = {came[i - 1], came[i]};
  return longest;
}

double outage_s(const sample_table& failure) {
  const auto longest = longest_silence(failure);
  return std::max(0.0, longest.to_s - longest.from_s - failure.column("period_s").front() / 2);
}

double lost_frames(const sample_table& failure) {
  const auto seq = failure.column("seq");
  const auto [first, last] = std::ranges::minmax(seq);
  return last - first + 1 - static_cast<double>(seq.size());
}

std::optional<sample_table> typical_failure(const session& s, const std::string& experiment,
                                            const std::string& variant) {
  std::vector<sample_table> runs;
  for (const auto& c : s.cells(experiment))
    if (c.variant == variant)
      runs.push_back(s.load(c));
  if (runs.empty())
    return std::nullopt;
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>((runs.size() - 1) / 2);
  std::ranges::nth_element(runs, middle, {}, outage_s);
  return *middle;
}

} // namespace monopod::experiment
