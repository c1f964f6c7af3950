// Medians and tails of measured times.
#pragma once

#include <cstddef>
#include <vector>

namespace monopod {

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

  /// Nearest rank: the smallest sample that at least `p` percent (0 to 100) do not exceed; 0
  /// without samples.
  double percentile(double p) const;

private:
  std::size_t limit_;
  std::size_t left_out_ = 0;
  mutable bool sorted_ = true;
  mutable std::vector<double> values_;
};

} // namespace monopod
