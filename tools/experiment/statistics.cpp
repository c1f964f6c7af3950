#include "tools/experiment/statistics.hpp"

#include "core/percentiles.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

namespace monopod::experiment {

namespace {

constexpr int resamples = 1000;
constexpr double low_percent = 2.5;
constexpr double high_percent = 97.5;

// The median of the repetitions, which are few. If their number is even, it is midway between the
// two in the middle: one of two would be the smaller.
double middle(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::ranges::sort(values);
  return std::midpoint(values[(values.size() - 1) / 2], values[values.size() / 2]);
}

std::size_t any_of(std::size_t count, std::mt19937_64& random) {
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
}

bool empty(const repetitions& runs) {
  return std::ranges::all_of(runs, [](const auto& r) { return r.empty(); });
}

double value_of(const repetitions& runs, const statistic& of) {
  std::vector<double> each;
  for (const auto& r : runs)
    if (!r.empty())
      each.push_back(of(r));
  return middle(std::move(each));
}

double value_of_resample(const repetitions& runs, const statistic& of, std::mt19937_64& random) {
  repetitions drawn;
  for (std::size_t n = 0; n < runs.size(); ++n) {
    const auto& run = runs[any_of(runs.size(), random)];
    auto& into = drawn.emplace_back(run.size());
    for (auto& sample : into)
      sample = run[any_of(run.size(), random)];
  }
  return value_of(drawn, of);
}

estimate with_interval(double value, const std::vector<double>& drawn) {
  return {value, monopod::percentile(drawn, low_percent), monopod::percentile(drawn, high_percent)};
}

} // namespace

double mean(const std::vector<double>& samples) {
  return samples.empty() ? 0
                         : std::accumulate(samples.begin(), samples.end(), 0.0) /
                               static_cast<double>(samples.size());
}

statistic percentile(double p) {
  return [p](const std::vector<double>& values) { return monopod::percentile(values, p); };
}

estimate estimate_of(const repetitions& runs, const statistic& of, std::uint64_t seed) {
  if (empty(runs))
    return {};
  std::mt19937_64 random(seed);
  std::vector<double> drawn(resamples);
  for (auto& d : drawn)
    d = value_of_resample(runs, of, random);
  return with_interval(value_of(runs, of), drawn);
}

estimate ratio(const repetitions& above, const repetitions& below, const statistic& of,
               std::uint64_t seed) {
  const auto divisor = empty(below) ? 0 : value_of(below, of);
  if (empty(above) || divisor == 0)
    return {};
  std::mt19937_64 random(seed);
  std::vector<double> drawn;
  while (drawn.size() < resamples)
    if (const auto d = value_of_resample(below, of, random); d != 0)
      drawn.push_back(value_of_resample(above, of, random) / d);
  return with_interval(value_of(above, of) / divisor, drawn);
}

} // namespace monopod::experiment
