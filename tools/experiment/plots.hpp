// The report's pictures, drawn by gnuplot.
#pragma once

#include "tools/experiment/session.hpp"

#include <string>
#include <vector>

namespace monopod::experiment {

struct plot {
  std::string name; // of its file, without the ending
  std::string title;
  std::string meaning; // a sentence below the picture
  std::string svg;
};

/// A picture for each of the session's experiments that was run. The colours are those of Okabe
/// and Ito (2008), which colour-blind people can tell apart; marks and dashes differ in print as
/// well. std::runtime_error with the remedy if gnuplot is missing or refuses.
std::vector<plot> all_plots(const session& s);

/// The pictures of Monopod and other carriers, and of the loss of one of three nodes.
void add_peer_plots(const session& s, std::vector<plot>& all);

/// A timeline for each node failure.
void add_failure_plots(const session& s, std::vector<plot>& all);

} // namespace monopod::experiment
