#include "tools/experiment/hop_fit.hpp"

#include "tools/experiment/session_samples.hpp"

#include <Eigen/Dense>

#include <array>
#include <random>
#include <utility>

namespace monopod::experiment {

namespace {

constexpr int terms = 3;
using vector = Eigen::Vector3d;

struct observation {
  Eigen::RowVector3d x; // 1, the hops of a frame, the hops of a result
  double median_ms = 0;
};

// Nothing if the observations do not determine the fit.
std::optional<vector> least_squares(const std::vector<observation>& all) {
  const auto count = static_cast<Eigen::Index>(all.size());
  Eigen::MatrixXd x(count, terms);
  Eigen::VectorXd y(count);
  for (Eigen::Index row = 0; row < count; ++row) {
    const auto& o = all[static_cast<std::size_t>(row)];
    x.row(row) = o.x;
    y(row) = o.median_ms;
  }
  const auto decomposed = x.colPivHouseholderQr();
  if (decomposed.rank() < terms)
    return std::nullopt;
  return decomposed.solve(y);
}

std::vector<observation> observations(const session& s, const transport& t) {
  std::vector<observation> all;
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
      for (int i = 0; i < terms; ++i)
        drawn.at(static_cast<std::size_t>(i)).push_back((*f)(i));
  }
  return hop_fit{interval((*fit)[0], drawn[0]), interval((*fit)[1], drawn[1]),
                 interval((*fit)[2], drawn[2])};
}

} // namespace monopod::experiment
