#include "tools/experiment/reported.hpp"
#include "tools/experiment/variants.hpp"

#include <array>
#include <cmath>
#include <random>
#include <utility>

namespace monopod::experiment {

namespace {

constexpr std::size_t terms = 3;
using vector = std::array<double, terms>;

struct observation {
  vector x; // 1, hops of a frame, hops of a result
  double median_ms = 0;
};

// Normal equations by Gauss and Jordan; nothing where the observations do not determine the fit.
std::optional<vector> least_squares(const std::vector<observation>& all) {
  std::array<std::array<double, terms + 1>, terms> m{};
  for (const auto& o : all)
    for (std::size_t i = 0; i < terms; ++i) {
      for (std::size_t j = 0; j < terms; ++j)
        m[i][j] += o.x[i] * o.x[j];
      m[i][terms] += o.x[i] * o.median_ms;
    }
  constexpr double singular = 1e-9;
  for (std::size_t p = 0; p < terms; ++p) {
    for (std::size_t row = p + 1; row < terms; ++row)
      if (std::abs(m[row][p]) > std::abs(m[p][p]))
        std::swap(m[row], m[p]);
    if (std::abs(m[p][p]) < singular)
      return std::nullopt;
    for (std::size_t row = 0; row < terms; ++row) {
      if (row == p)
        continue;
      const auto times = m[row][p] / m[p][p];
      for (std::size_t column = p; column <= terms; ++column)
        m[row][column] -= times * m[p][column];
    }
  }
  vector solution{};
  for (std::size_t i = 0; i < terms; ++i)
    solution[i] = m[i][terms] / m[i][i];
  return solution;
}

std::vector<observation> observations(const session& s, const transport& t) {
  std::vector<observation> all;
  const auto median = percentile(50);
  for (const auto& r : ladder())
    for (const auto& run :
         samples_of(s, {t.experiment, t.name + "-" + r.name, "", 0}, "to_publish_ms"))
      if (!run.empty())
        all.push_back(
            {{1, static_cast<double>(r.at.frame_hops()), static_cast<double>(r.at.result_hops())},
             median(run)});
  return all;
}

estimate interval(double value, const std::vector<double>& drawn) {
  constexpr double low = 2.5;
  constexpr double high = 97.5;
  return {value, percentile(low)(drawn), percentile(high)(drawn)};
}

} // namespace

std::optional<hop_fit> fit_hops(const session& s, const transport& t) {
  const auto all = observations(s, t);
  const auto fit = least_squares(all);
  if (!fit)
    return std::nullopt;
  constexpr int resamples = 1000;
  std::array<std::vector<double>, terms> drawn;
  std::mt19937_64 random(1);
  for (int n = 0; n < resamples; ++n) {
    std::vector<observation> again(all.size());
    for (auto& o : again)
      o = all[std::uniform_int_distribution<std::size_t>(0, all.size() - 1)(random)];
    if (const auto f = least_squares(again))
      for (std::size_t i = 0; i < terms; ++i)
        drawn[i].push_back((*f)[i]);
  }
  return hop_fit{interval((*fit)[0], drawn[0]), interval((*fit)[1], drawn[1]),
                 interval((*fit)[2], drawn[2])};
}

} // namespace monopod::experiment
