#include "tools/experiment/gnuplot.hpp"
#include "tools/experiment/kubernetes/node_failure.hpp"
#include "tools/experiment/outage.hpp"
#include "tools/experiment/plots.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace monopod::experiment {

namespace {

const char* name_of(const std::string& system) {
  return system == "monopod"   ? "Monopod"
         : system == "control" ? "The control"
                               : "The control with the habits of the original";
}

plot timeline(const failure_scenario& f, const sample_table& t) {
  const auto sent_s = t.column("sent_s");
  const auto ms = t.column("to_publish_ms");
  curve latency{"latency of each frame", "points", {}, 0};
  for (std::size_t i = 0; i < ms.size(); ++i)
    latency.points.push_back({sent_s[i], ms[i]});
  const auto back_s = t.column("back_s").front();
  const auto longest = longest_silence(t);
  const bool power_off = f.what == disturbance::power_off;
  const auto settings = fmt::format(
      "set logscale y\nset xlabel 'time after the {}, s'\n"
      "set ylabel 'latency from camera to publication, ms'\nset xrange [{:.3f}:{:.3f}]\n"
      "set object 1 rectangle from {:.3f}, graph 0 to {:.3f}, graph 1 behind fillcolor 'red' "
      "fillstyle solid 0.5 noborder\n"
      "set arrow 1 from 0, graph 0 to 0, graph 1 nohead dt 2\n"
      "set arrow 2 from {:.3f}, graph 0 to {:.3f}, graph 1 nohead dt 2\n"
      "set label 1 ' {}' at 0, graph 0.95\nset label 2 ' {}' at {:.3f}, graph 0.95",
      power_off ? "loss of power" : "deletion", sent_s.front(), t.column("end_s").front(),
      longest.from_s, longest.to_s, back_s, back_s, power_off ? "off" : "deleted",
      power_off ? "on" : "", back_s);
  auto thesis = f.thesis_outage_s ? fmt::format(" (thesis: {:g} s)", *f.thesis_outage_s) : "";
  return {"failure-" + f.name, fmt::format("{} loses {}", name_of(f.system), f.meaning),
          fmt::format(
              "Frames of the run with the median outage, or the one below it. The cloud received "
              "nothing in the red period of {:.2f} s{}.",
              outage_s(t), thesis),
          draw(settings, {latency})};
}

} // namespace

void add_failure_plots(const session& s, std::vector<plot>& all) {
  for (const auto& f : failure_scenarios()) {
    if (const auto typical = typical_failure(s, f.experiment, f.name))
      all.push_back(timeline(f, *typical));
  }
}

} // namespace monopod::experiment
