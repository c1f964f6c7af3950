// The report: one page, and a summary with its pictures.
#pragma once

#include "tools/experiment/figures.hpp"
#include "tools/experiment/plots.hpp"
#include "tools/experiment/session.hpp"

#include <string>
#include <vector>

namespace monopod::experiment {

struct report {
  std::string description; // session.json, places, and the numbers of runs
  std::vector<figure> figures;
  std::vector<plot> plots;
};

report make_report(const session& s);

/// A page for screen and print that needs no other file: the pictures are in it.
std::string to_html(const report& r);
/// The same for a repository: the pictures are files beside it, NAME.svg.
std::string to_markdown(const report& r);

} // namespace monopod::experiment
