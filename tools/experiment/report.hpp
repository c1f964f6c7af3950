// The report: one page, and a summary with its pictures.
#pragma once

#include "tools/experiment/plots.hpp"
#include "tools/experiment/reported.hpp"
#include "tools/experiment/session.hpp"

#include <string>
#include <vector>

namespace monopod::experiment {

struct report {
  std::string described; // session.json, places, and how many runs there are
  std::vector<reported> figures;
  std::vector<plot> plots;
};

report make_report(const session& s);

/// A page that needs nothing else: pictures are in it; for screen and print.
std::string to_html(const report& r);
/// The same for a repository; pictures are files beside it, NAME.svg.
std::string to_markdown(const report& r);

/// What the figures answer: sentences, each with its numbers; what was not measured is named.
std::vector<std::string> verdict(const std::vector<reported>& all);

} // namespace monopod::experiment
