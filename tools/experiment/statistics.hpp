// Medians with intervals, from raw samples of several repetitions.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace monopod::experiment {

/// Samples of one variant: a list for each repetition.
using repetitions = std::vector<std::vector<double>>;

/// A figure and its 95 % interval.
struct estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// A number computed from one repetition's samples, of which there is at least one.
using statistic = std::function<double(const std::vector<double>& samples)>;

/// Nearest rank; p is from 0 to 100.
statistic percentile(double p);
inline const statistic median = percentile(50);
/// The arithmetic mean. It is for processor time, whose samples are whole clock ticks of the
/// kernel, so that their median is one of a few values.
double mean(const std::vector<double>& samples);

/// The median over the repetitions of the statistic of each (midway between two if their number is
/// even). The interval is a percentile bootstrap in two levels (Davison and Hinkley, Bootstrap
/// Methods, 1997, 3.8): it draws repetitions first, and then samples within each, so that it
/// covers the differences from run to run. The same seed gives the same estimate. Zeros if there
/// are no samples.
estimate estimate_of(const repetitions& runs, const statistic& of, std::uint64_t seed);

/// The ratio of two such figures, with its interval.
estimate ratio(const repetitions& above, const repetitions& below, const statistic& of,
               std::uint64_t seed);

} // namespace monopod::experiment
