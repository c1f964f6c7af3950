#include "tools/experiment/gnuplot.hpp"
#include "tools/experiment/groups/group.hpp"
#include "tools/experiment/outage.hpp"
#include "tools/experiment/plots.hpp"
#include "tools/experiment/session_samples.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <set>

namespace monopod::experiment {

namespace {

struct quantity {
  const char* column;
  double p;
  const char* name; // of the picture
  const char* title;
  const char* label; // of the axis
};

// A line for each carrier, over the number of cameras.
void add_quantity(const session& s, const quantity& q, std::vector<plot>& all) {
  std::vector<curve> curves;
  std::set<double> cameras;
  for (const auto& which : conditions_of(s, "peers")) {
    if (curves.empty() || curves.back().title != which.variant)
      curves.push_back({which.variant, "yerrorlines", {}, curves.size()});
    const auto x = std::stod(which.condition);
    cameras.insert(x);
    const auto e = estimate_of(samples_of(s, which, q.column), percentile(q.p), report_seed);
    curves.back().points.push_back({x, e.value, e.low, e.high});
  }
  if (!curves.empty())
    all.push_back(
        {q.name, q.title,
         "Frames of 24 kB from cameras to one application, by Monopod and by other carriers. "
         "Bars are 95 % intervals.",
         draw(fmt::format("set logscale xy\nset xlabel 'number of cameras'\nset xtics ({:g})\n"
                          "set ylabel '{}'",
                          fmt::join(cameras, ", "), q.label),
              curves)});
}

// The latency of each frame, around the moment when the node in use lost its power.
void add_node_loss(const session& s, std::vector<plot>& all) {
  std::vector<curve> curves;
  std::string outages;
  for (const auto& g : all_groups())
    if (const auto run = typical_failure(s, "node-loss", g.name)) {
      curve c{g.name, "points", {}, curves.size()};
      const auto came_s = run->column("came_s");
      const auto ms = run->column("to_app_ms");
      for (std::size_t i = 0; i < ms.size(); ++i)
        c.points.push_back({came_s[i], ms[i]});
      curves.push_back(std::move(c));
      outages += fmt::format("{}{} {:.2f} s", outages.empty() ? "" : ", ", g.name, outage_s(*run));
    }
  if (!curves.empty())
    all.push_back(
        {"node-loss", "One of three nodes loses its power",
         "Frames at an application, by the time of their arrival, in the run with the median "
         "outage: " +
             outages + ".",
         draw("set logscale y\nset xrange [-2:6]\nset xlabel 'time after the loss of power, s'\n"
              "set ylabel 'latency from camera to application, ms'\n"
              "set arrow 1 from 0, graph 0 to 0, graph 1 nohead dt 2",
              curves)});
}

} // namespace

void add_peer_plots(const session& s, std::vector<plot>& all) {
  for (const auto& q :
       {quantity{"to_app_ms", 50, "peers", "Monopod and other carriers: median latency",
                 "latency from camera to application, ms"},
        quantity{"to_app_ms", 99, "peers-p99",
                 "Monopod and other carriers: 99th percentile of latency",
                 "latency from camera to application, ms"},
        quantity{"cpu_us_per_frame", 50, "peers-cpu",
                 "Monopod and other carriers: processor time per frame",
                 "processor time of the server per frame, us"}})
    add_quantity(s, q, all);
  add_node_loss(s, all);
}

} // namespace monopod::experiment
