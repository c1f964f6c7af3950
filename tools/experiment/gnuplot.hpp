// Curves through gnuplot.
#pragma once

#include <string>
#include <vector>

namespace monopod::experiment {

struct curve {
  struct point {
    double x = 0;
    double y = 0;
    double low = 0; // of an interval; used where the style has one
    double high = 0;
  };
  std::string title;
  std::string style; // of gnuplot: "lines", "yerrorlines", "boxplot"
  std::vector<point> points;
  std::size_t colour = 0; // what belongs together has the same
};

/// An SVG of the curves; `settings` are lines of gnuplot (axes, ranges, labels).
/// std::runtime_error with the remedy where gnuplot is missing or refuses.
std::string draw(const std::string& settings, const std::vector<curve>& curves);

} // namespace monopod::experiment
