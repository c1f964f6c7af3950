// Medians and tails of measured times.
#pragma once

#include <cstddef>
#include <vector>

namespace monopod {

/// The nearest rank: the place (from 0) of the smallest of `count` sorted samples, at least one,
/// that at least `p` percent (0 to 100) do not exceed. The only way in which a percentile of
/// samples is chosen here.
std::size_t nearest_rank(std::size_t count, double p);

/// The sample of that rank, in whatever order they are; 0 without samples. By selection, not by
/// sorting.
double percentile(std::vector<double> values, double p);

/// Samples up to a bound; beyond it further samples are counted, not kept, so that a summary says
/// how much it covers.
class samples {
public:
  explicit samples(std::size_t limit = 1'000'000) : limit_(limit) {}

  void add(double value);
  /// Those that `others` keeps, and how many it left out.
  void add_all(const samples& others);
  std::size_t count() const { return values_.size(); }
  std::size_t left_out() const { return left_out_; }

  /// By nearest rank; 0 without samples. Sorts once for all percentiles.
  double percentile(double p) const;

private:
  std::size_t limit_;
  std::size_t left_out_ = 0;
  mutable bool sorted_ = true;
  mutable std::vector<double> values_;
};

} // namespace monopod
