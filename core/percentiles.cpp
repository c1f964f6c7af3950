#include "core/percentiles.hpp"

#include <algorithm>
#include <cmath>

namespace monopod {

std::size_t nearest_rank(std::size_t count, double p) {
  const auto all = static_cast<double>(count);
  return static_cast<std::size_t>(std::clamp(std::ceil(p / 100 * all), 1.0, all)) - 1;
}

double percentile(std::vector<double> values, double p) {
  if (values.empty())
    return 0;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(nearest_rank(values.size(), p));
  std::ranges::nth_element(values, place);
  return *place;
}

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
  return values_[nearest_rank(values_.size(), p)];
}

} // namespace monopod
