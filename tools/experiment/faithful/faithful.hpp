// The control as the thesis's gateway was: with its habits, cameras that are cut off, and a cloud
// that takes its time. Is that, and not the hops, what took 7.5 cores and 536 ms?
#pragma once

#include "tools/experiment/experiments.hpp"
#include "tools/experiment/figure_maker.hpp"
#include "tools/experiment/plots.hpp"

#include <vector>

namespace monopod::experiment {

/// The group "faithful": experiments with the control's habits (ADR 19).
std::vector<experiment> faithful_experiments();

void add_faithful(figure_maker& c);
void add_faithful_plots(const session& s, std::vector<plot>& all);

} // namespace monopod::experiment
