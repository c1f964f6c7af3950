#include "core/percentiles.hpp"

#include <algorithm>
#include <cmath>

namespace monopod {

void samples::add(double value) {
  if (values_.size() >= limit_) {
    ++left_out_;
    return;
  }
  values_.push_back(value);
  sorted_ = false;
}

void samples::add_all(const samples& others) {
  for (const auto v : others.values_)
    add(v);
  left_out_ += others.left_out_;
}

double samples::percentile(double p) const {
  if (values_.empty())
    return 0;
  if (!sorted_)
    std::ranges::sort(values_);
  sorted_ = true;
  const auto rank = std::ceil(p / 100 * static_cast<double>(values_.size()));
  return values_[static_cast<std::size_t>(
                     std::clamp(rank, 1.0, static_cast<double>(values_.size()))) -
                 1];
}

} // namespace monopod
