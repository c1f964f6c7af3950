// A Kalman filter for a box that moves evenly.
#pragma once

#include "programs/detector/boxes.hpp"

#include <array>

namespace monopod {

/// Estimates the centre and size of a box, and how fast each changes, from boxes that were seen at
/// uneven times. Each of the four follows a constant velocity with random acceleration, on its own,
/// because neither motion nor measurement couples them. Distances are in pixels, times in seconds;
/// uncertainties grow with the height of the box, since that tells how near the object is. Pure.
class box_filter {
public:
  explicit box_filter(const box& seen);

  /// Moves the estimate on by so many seconds, at least 0.
  void predict(double seconds);
  /// Corrects the estimate by a box that was seen at its time.
  void correct(const box& seen);
  box estimate() const;

private:
  // A coordinate, its velocity, and their covariances.
  struct motion {
    double value = 0;
    double velocity = 0;
    double value_variance = 0;
    double covariance = 0;
    double velocity_variance = 0;
  };
  static std::array<double, 4> measured(const box& seen); // centre x and y, width, height

  std::array<motion, 4> motions_;
};

} // namespace monopod
