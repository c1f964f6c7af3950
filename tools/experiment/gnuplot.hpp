// Draws curves with gnuplot.
#pragma once

#include <string>
#include <vector>

namespace monopod::experiment {

struct curve {
  struct point {
    double x = 0;
    double y = 0;
    double low = 0; // of an interval; used if the style has one
    double high = 0;
  };
  std::string title;
  std::string style; // of gnuplot, such as "lines", "yerrorlines" or "boxplot"
  std::vector<point> points;
  std::size_t colour = 0; // curves that belong together have the same
};

/// Draws an SVG of the curves; `settings` are lines of gnuplot (axes, ranges, labels).
/// std::runtime_error with the remedy if gnuplot is missing or refuses.
std::string draw(const std::string& settings, const std::vector<curve>& curves);

} // namespace monopod::experiment
