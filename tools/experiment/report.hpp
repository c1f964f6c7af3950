// The report: one page, and a summary with its pictures.
#pragma once

#include "tools/experiment/figures.hpp"
#include "tools/experiment/plots.hpp"
#include "tools/experiment/session.hpp"

#include <string>
#include <vector>

namespace monopod::experiment {

struct report {
  std::string description; // session.json, places, and how many runs there are
  std::vector<figure> figures;
  std::vector<plot> plots;
};

report make_report(const session& s);

/// A page that needs nothing else: pictures are in it; for screen and print.
std::string to_html(const report& r);
/// The same for a repository; pictures are files beside it, NAME.svg.
std::string to_markdown(const report& r);

} // namespace monopod::experiment
