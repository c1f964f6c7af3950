// The report's pictures, drawn by gnuplot.
#pragma once

#include "tools/experiment/session.hpp"

#include <string>
#include <vector>

namespace monopod::experiment {

struct plot {
  std::string name; // of its file, without the ending
  std::string title;
  std::string meaning; // a sentence below it
  std::string svg;
};

/// One for each of the session's experiments that has been run. Colours that colour-blind people
/// tell apart (Okabe and Ito, 2008), and marks and dashes that differ in print, too.
/// std::runtime_error with the remedy where gnuplot is missing or refuses.
std::vector<plot> all_plots(const session& s);

/// Monopod beside its peers, and when a node of three is lost.
void add_peer_plots(const session& s, std::vector<plot>& all);

/// A timeline of each node's failure.
void add_failure_plots(const session& s, std::vector<plot>& all);

} // namespace monopod::experiment
