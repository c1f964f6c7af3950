#include "tools/experiment/faithful/faithful.hpp"
#include "tools/experiment/gnuplot.hpp"
#include "tools/experiment/session_samples.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace monopod::experiment {

namespace {

struct quantity {
  const char* experiment;
  const char* column;
  const char* name; // of the picture
  const char* title;
  const char* x;
  const char* y;
};

// A line for each variant, over the number that is the condition.
void add_quantity(const session& s, const quantity& q, std::vector<plot>& all) {
  std::vector<curve> curves;
  for (const auto& which : conditions_of(s, q.experiment)) {
    if (curves.empty() || curves.back().title != which.variant)
      curves.push_back({which.variant, "yerrorlines", {}, curves.size()});
    const auto e = estimate_of(samples_of(s, which, q.column), median, report_seed);
    curves.back().points.push_back({std::stod(which.condition), e.value, e.low, e.high});
  }
  if (!curves.empty())
    all.push_back(
        {q.name, q.title, "Medians; bars are 95 % intervals.",
         draw(fmt::format("set logscale y\nset xlabel '{}'\nset ylabel '{}'", q.x, q.y), curves)});
}

// The latency of each frame in turn: a queue that grows shows here, and not in a distribution.
void add_sequence(const session& s, const std::string& experiment, const std::string& variant,
                  const std::string& x, std::vector<plot>& all) {
  std::vector<curve> curves;
  for (const auto& c : s.cells(experiment)) {
    if (c.variant != variant || c.repetition != 1)
      continue;
    curve one{fmt::format("{} {}", c.condition, x), "lines", {}, curves.size()};
    const auto t = s.load(c);
    const auto seq = t.column("seq");
    const auto ms = t.column("to_publish_ms");
    for (std::size_t i = 0; i < seq.size(); ++i)
      one.points.push_back({seq[i], ms[i]});
    curves.push_back(std::move(one));
  }
  if (!curves.empty())
    all.push_back({fmt::format("{}-{}-sequence", experiment, variant),
                   fmt::format("Latency over frame number: {}", variant),
                   "The first repetition. A queue that grows is a line that rises.",
                   draw("set logscale y\nset xlabel 'number of the frame'\n"
                        "set ylabel 'latency from camera to publication, ms'",
                        curves)});
}

} // namespace

void add_faithful_plots(const session& s, std::vector<plot>& all) {
  constexpr const char* latency = "latency from camera to publication, ms";
  constexpr const char* aborted = "cameras that were killed in their streams";
  constexpr const char* confirmed = "ms until the cloud confirms";
  for (const auto& q :
       {quantity{"aborted", "to_publish_ms", "aborted-latency",
                 "Cameras that were cut off, and the latency of another", aborted, latency},
        quantity{"aborted", "cpu_cores", "aborted-cpu",
                 "Cameras that were cut off, and processor time", aborted, "CPU, cores"},
        quantity{"slow-cloud", "to_publish_ms", "slow-cloud",
                 "A cloud that takes its time, and latency before it", confirmed, latency},
        quantity{"shared-link", "to_publish_ms", "shared-link", "One medium for all, and latency",
                 "rate of the medium, Mbit/s", latency},
        quantity{"slow-machine", "to_publish_ms", "slow-machine",
                 "Little processor time, and cameras that were cut off", aborted, latency},
        quantity{"cluster-aborted", "to_publish_ms", "cluster-aborted-latency",
                 "On a cluster: cameras that were cut off, and the latency of another", aborted,
                 latency},
        quantity{"cluster-aborted", "cpu_cores", "cluster-aborted-cpu",
                 "On a cluster: cameras that were cut off, and processor time", aborted,
                 "CPU, cores"}})
    add_quantity(s, q, all);
  for (const auto* variant : {"reads-on", "original-0ms", "original-30ms", "original-90ms"})
    add_sequence(s, "aborted", variant, aborted, all);
  for (const auto* variant : {"waits", "original"})
    add_sequence(s, "slow-cloud", variant, confirmed, all);
}

} // namespace monopod::experiment
