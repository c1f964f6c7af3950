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

/// Of one repetition's samples, which are there.
using statistic = std::function<double(const std::vector<double>& samples)>;

/// Nearest rank, p from 0 to 100.
statistic percentile(double p);
inline const statistic median = percentile(50);
/// Arithmetic. Of processor time, whose samples are whole clock ticks of the kernel: their median
/// is one of a few values.
double mean(const std::vector<double>& samples);

/// The median over the repetitions (of an even number, midway between two) of the statistic of
/// each. Percentile bootstrap in two levels (Davison and Hinkley, Bootstrap Methods, 1997, 3.8):
/// repetitions are drawn first, then samples within each, so that the interval covers what differs
/// from run to run. The same for the same seed. Zeros where there are no samples.
estimate estimate_of(const repetitions& runs, const statistic& of, std::uint64_t seed);

/// The ratio of two such figures, with its interval.
estimate ratio(const repetitions& above, const repetitions& below, const statistic& of,
               std::uint64_t seed);

} // namespace monopod::experiment
