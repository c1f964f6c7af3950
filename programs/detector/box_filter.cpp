#include "programs/detector/box_filter.hpp"

#include <algorithm>

namespace monopod {

namespace {

// Standard deviations, in heights of the box. Those of the size are smaller, since objects keep it.
constexpr double seen_at = 0.05;     // of a measured coordinate
constexpr double first_speed = 1.0;  // per second; people walk at 0.8
constexpr double acceleration = 1.5; // per second squared
constexpr double size_share = 0.3;   // of the last two, for width and height

double square(double x) { return x * x; }

} // namespace

std::array<double, 4> box_filter::measured(const box& seen) {
  return {seen.x + seen.width / 2.0, seen.y + seen.height / 2.0, seen.width, seen.height};
}

box_filter::box_filter(const box& seen) {
  const auto values = measured(seen);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = i < 2 ? 1 : size_share;
    motions_[i].value = values[i];
    motions_[i].value_variance = square(seen_at * seen.height);
    motions_[i].velocity_variance = square(first_speed * share * seen.height);
  }
}

void box_filter::predict(double seconds) {
  const double t = seconds;
  const double height = std::max(motions_[3].value, 1.0);
  for (std::size_t i = 0; i < motions_.size(); ++i) {
    auto& m = motions_[i];
    const double push = square(acceleration * (i < 2 ? 1 : size_share) * height);
    m.value += t * m.velocity;
    m.value_variance +=
        2 * t * m.covariance + t * t * m.velocity_variance + push * square(t * t) / 4;
    m.covariance += t * m.velocity_variance + push * t * t * t / 2;
    m.velocity_variance += push * t * t;
  }
}

void box_filter::correct(const box& seen) {
  const auto values = measured(seen);
  const double noise = square(seen_at * std::max<double>(seen.height, 1));
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto& m = motions_[i];
    const double gain = m.value_variance / (m.value_variance + noise);
    const double speed_gain = m.covariance / (m.value_variance + noise);
    const double error = values[i] - m.value;
    m.value += gain * error;
    m.velocity += speed_gain * error;
    m.velocity_variance -= speed_gain * m.covariance;
    m.covariance *= 1 - gain;
    m.value_variance *= 1 - gain;
  }
}

box box_filter::estimate() const {
  const double width = std::max(motions_[2].value, 1.0);
  const double height = std::max(motions_[3].value, 1.0);
  return {static_cast<float>(motions_[0].value - width / 2),
          static_cast<float>(motions_[1].value - height / 2), static_cast<float>(width),
          static_cast<float>(height)};
}

} // namespace monopod
