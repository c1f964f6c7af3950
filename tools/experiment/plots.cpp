#include "tools/experiment/plots.hpp"

#include "tools/experiment/faithful/faithful.hpp"
#include "tools/experiment/gnuplot.hpp"
#include "tools/experiment/hop_fit.hpp"
#include "tools/experiment/session_samples.hpp"
#include "tools/experiment/variants.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <set>

namespace monopod::experiment {

namespace {

std::vector<double> pooled(const repetitions& runs) {
  std::vector<double> all;
  for (const auto& r : runs)
    all.insert(all.end(), r.begin(), r.end());
  std::ranges::sort(all);
  return all;
}

// The distribution over all repetitions together, in about 1,000 steps at most.
curve distribution(const std::string& title, const repetitions& runs, std::size_t colour) {
  constexpr std::size_t steps = 1000;
  const auto all = pooled(runs);
  curve c{title, "lines", {}, colour};
  const auto stride = std::max<std::size_t>(1, all.size() / steps);
  for (std::size_t i = 0; i < all.size(); i += stride)
    c.points.push_back({all[i], static_cast<double>(i + 1) / static_cast<double>(all.size())});
  return c;
}

curve box(const std::string& title, const repetitions& runs, std::size_t colour) {
  curve c{title, "boxplot", {}, colour};
  for (const auto v : pooled(runs))
    c.points.push_back({0, v});
  return c;
}

// Adds a picture, unless it has no curves.
void add(std::vector<plot>& all, const std::string& name, const std::string& title,
         const std::string& meaning, const std::string& how, const std::vector<curve>& curves) {
  if (!curves.empty())
    all.push_back({name, title, meaning, draw(how, curves)});
}

constexpr const char* shares = "set logscale x\nset yrange [0:1]\n";

// An experiment whose systems are compared in one place: on this machine, or on a cluster.
struct comparison {
  const char* experiment;
  const char* condition;
  std::vector<std::string> variants;
  const char* name; // of the picture
  const char* title;
  const char* meaning;
};

void add_resources(const session& s, const comparison& of, std::vector<plot>& all) {
  struct axis {
    const char* column;
    const char* label;
    const char* what;
    const char* name;
  };
  for (const auto& a : {axis{"cpu_cores", "CPU, cores", "CPU", "cpu"},
                        axis{"rss_mb", "memory, MB", "Memory", "memory"}}) {
    std::vector<curve> boxes;
    for (const auto& v : of.variants)
      for (const auto streaming : {0, 1})
        if (const auto runs = samples_of(s, {of.experiment, v, of.condition, 0}, a.column,
                                         "streaming", streaming);
            !runs.empty())
          boxes.push_back(
              box(v + (streaming == 1 ? ", streaming" : ", at rest"), runs, boxes.size()));
    add(all, fmt::format("{}-{}", of.name, a.name), fmt::format("{} {}", a.what, of.title),
        of.meaning,
        fmt::format("set ylabel '{}'\nset logscale y\nunset xtics\n"
                    "set style data boxplot\nset style boxplot nooutliers",
                    a.label),
        boxes);
  }
}

void add_latency(const session& s, const comparison& of, std::vector<plot>& all) {
  std::vector<curve> curves;
  for (const auto& v : of.variants)
    if (const auto runs = samples_of(s, {of.experiment, v, of.condition, 0}, "to_publish_ms");
        !runs.empty())
      curves.push_back(distribution(v, runs, curves.size()));
  add(all, of.name, fmt::format("Latency {}", of.title), of.meaning,
      fmt::format(
          "{}set xlabel 'latency from camera to publication, ms'\nset ylabel 'share of frames'",
          shares),
      curves);
}

// The transport's points, shifted a little from those of others, and the line of its fit.
void add_transport(const session& s, const transport& t, std::size_t number,
                   std::vector<curve>& curves) {
  constexpr double beside = 0.06;
  const auto shift = (static_cast<double>(number) - 2) * beside;
  curve points{t.name, "yerrorbars", {}, number};
  for (const auto& r : ladder()) {
    const auto runs = samples_of(s, {t.experiment, t.name + "-" + r.name, "", 0}, "to_publish_ms");
    if (runs.empty())
      continue;
    const auto m = estimate_of(runs, percentile(50), report_seed);
    points.points.push_back({static_cast<double>(r.at.frame_hops() + r.at.result_hops()) + shift,
                             m.value, m.low, m.high});
  }
  if (points.points.empty())
    return;
  curves.push_back(std::move(points));
  const auto fit = fit_hops(s, t);
  if (!fit)
    return;
  curve line{"", "lines", {}, number};
  for (const int hops : {0, 1, 2})
    line.points.push_back(
        {2.0 * hops + shift, fit->base.value + hops * (fit->frame.value + fit->result.value)});
  curves.push_back(std::move(line));
}

// The control by the same transports. Its frames make four hops.
void add_control(const session& s, std::vector<curve>& curves) {
  constexpr double hops = 4;
  constexpr double beside = 0.06;
  curve points{"control", "yerrorbars", {}, transports().size()};
  for (std::size_t i = 0; i < transports().size(); ++i) {
    const auto& t = transports()[i];
    const auto runs = samples_of(s, {t.experiment, t.name + "-control", "", 0}, "to_publish_ms");
    if (runs.empty())
      continue;
    const auto m = estimate_of(runs, percentile(50), report_seed);
    const auto middle = (static_cast<double>(transports().size()) - 1) / 2;
    points.points.push_back(
        {hops + (static_cast<double>(i) - middle) * beside, m.value, m.low, m.high});
  }
  if (!points.points.empty())
    curves.push_back(std::move(points));
}

void add_hops(const session& s, std::vector<plot>& all) {
  std::vector<curve> curves;
  for (std::size_t i = 0; i < transports().size(); ++i)
    add_transport(s, transports()[i], i, curves);
  add_control(s, curves);
  add(all, "hops", "The cost of a hop between processes",
      "Median of each way to split the same actors into processes, by the number of hops that a "
      "frame and its result then make. The lines are fits for as many hops of each. The control "
      "ran by the same transports, except ipc. Bars are 95 % intervals.",
      "set xlabel 'number of hops between processes'\nset xtics 1\nset xrange [-0.3:4.3]\n"
      "set ylabel 'median latency from camera to publication, ms'\nset yrange [0:*]",
      curves);
}

void add_slow(const session& s, std::vector<plot>& all) {
  std::vector<curve> curves;
  for (const auto& which : conditions_of(s, "slow"))
    curves.push_back(distribution(which.variant, samples_of(s, which, "to_app_ms"), curves.size()));
  add(all, "slow", "The age of the frames that a slow application receives",
      "One camera, and an application that takes three periods for each frame. Without a policy "
      "for that, the application falls further and further behind.",
      fmt::format("{}set xlabel 'latency from camera to application, ms'\n"
                  "set ylabel 'share of the frames received'",
                  shares),
      curves);
}

struct conditions {
  const char* experiment;
  const char* title;
  const char* label;
};

void add_conditions(const session& s, const conditions& of, std::vector<plot>& all) {
  const auto there = conditions_of(s, of.experiment);
  std::set<double> marks; // of the axis
  for (const auto& which : there)
    marks.insert(std::stod(which.condition));
  std::vector<curve> curves;
  for (const auto& v : two_variants())
    for (const auto p : {50, 99}) {
      curve line{fmt::format("{}, {}", v.name, p == 50 ? "median" : "99th percentile"),
                 "yerrorlines",
                 {},
                 curves.size()};
      for (const auto& which : there)
        if (which.variant == v.name) {
          const auto e =
              estimate_of(samples_of(s, which, "to_publish_ms"), percentile(p), report_seed);
          line.points.push_back({std::stod(which.condition), e.value, e.low, e.high});
        }
      if (!line.points.empty())
        curves.push_back(std::move(line));
    }
  add(all, of.experiment, of.title, "Bars are 95 % intervals.",
      fmt::format("set logscale xy\nset xlabel '{}'\nset xtics ({:g})\n"
                  "set ylabel 'latency from camera to publication, ms'",
                  of.label, fmt::join(marks, ", ")),
      curves);
}

} // namespace

std::vector<plot> all_plots(const session& s) {
  std::vector<plot> all;
  std::vector<std::string> bare;
  for (const auto& v : bare_variants())
    bare.push_back(v.name);
  const std::vector<std::string> on_a_cluster{"monopod", "control"};
  constexpr const char* boxes =
      "Boxes are quartiles of samples taken once a second, summed over all processes; whiskers "
      "end at 1.5 times the box.";
  add_latency(s,
              {"latency", "", bare, "latency", "without Kubernetes (thesis: figure 4.3)",
               "Share of frames that were published within a time. The thesis had a median of "
               "24.4 ms and a 95th percentile of 65 ms on a Raspberry Pi."},
              all);
  add_latency(s,
              {"kubernetes", "latency", on_a_cluster, "kubernetes",
               "on Kubernetes (thesis: figure 4.4)",
               "Share of frames that were published within a time. The thesis had a median of 536 "
               "ms and a 95th percentile of 1,081 ms on K3s on five Raspberry Pis."},
              all);
  add_failure_plots(s, all);
  add_hops(s, all);
  add_resources(
      s, {"resources", "", bare, "resources", "without Kubernetes (thesis: figure 4.1)", boxes},
      all);
  add_resources(s,
                {"kubernetes", "resources", on_a_cluster, "kubernetes",
                 "with three pods of each part on Kubernetes (thesis: figure 4.2)", boxes},
                all);
  add_conditions(s, {"scale", "More cameras", "number of cameras, each at 10 frames a second"},
                 all);
  add_conditions(
      s, {"applications", "More applications", "number of applications, each with all 16 cameras"},
      all);
  add_peer_plots(s, all);
  add_slow(s, all);
  add_conditions(s, {"cpu", "Less processor time", "quota of processor time, percent of a core"},
                 all);
  add_faithful_plots(s, all);
  return all;
}

} // namespace monopod::experiment
