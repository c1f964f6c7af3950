// monopod-experiment: is it the hops? Repeats the 2022 thesis with Monopod and with a control.
#include "programs/program.hpp"
#include "tools/experiment/experiments.hpp"
#include "tools/experiment/receiver.hpp"
#include "tools/experiment/report.hpp"
#include "tools/experiment/verdict.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace monopod::experiment {

namespace {

struct arguments {
  std::string asked;
  settings with;
  std::vector<std::string> names;
  std::vector<std::string> variants;   // empty: all
  std::vector<std::string> conditions; // empty: all
  std::vector<std::string> receiver;   // of `receive`, which only this program calls
  std::string out = "experiment";
  std::string json;
  bool quiet = false;
};

void declare_cluster(CLI::App& app, cluster_access& c) {
  app.add_option("--kubectl", c.kubectl, "command that reaches the cluster; KUBECONFIG counts")
      ->capture_default_str();
  app.add_option("--outside", c.outside,
                 "runs the rest of a command on a host outside the cluster, with the same files; "
                 "default: this machine");
  app.add_option("--fail", c.fail, "command that powers a node off, {} is its name");
  app.add_option("--restore", c.restore, "command that powers it on again");
  app.add_option("--overlay", c.overlay, "Monopod for that cluster, in the checkout")
      ->capture_default_str();
  app.add_option("--control-overlay", c.control_overlay, "the control for it")
      ->capture_default_str();
  app.add_option("--original-overlay", c.original_overlay, "the control with all habits for it")
      ->capture_default_str();
  app.add_option("--checkout", c.checkout,
                 "Monopod's sources, with manifests; default: those that have this build");
}

void declare_run(CLI::App& app, arguments& a) {
  // This flag is declared first, so that other flags override it: flags take effect in this order.
  app.add_flag_callback(
      "--quick", [&a] { a.with.be_quick(); },
      "minutes instead of hours: shows that it works, nothing to quote");
  app.add_option("NAME", a.names, "of experiments, of a group of them, or all")->required();
  app.add_option("--variant", a.variants, "only these; `list` names them")->delimiter(',');
  app.add_option("--condition", a.conditions, "only these, where an experiment has several: as 16")
      ->delimiter(',');
  app.add_option("--source", a.with.source, "frames: synthetic, or a video file")
      ->capture_default_str();
  app.add_option("--frames", a.with.frames, "of a run")
      ->check(CLI::Range(20, 1'000'000))
      ->capture_default_str();
  app.add_option("--fps", a.with.fps, "of a camera")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  app.add_option("--average-bytes", a.with.average_bytes, "of a frame")
      ->check(CLI::Range(1000, 1'000'000))
      ->capture_default_str();
  app.add_option("--quiet-s", a.with.quiet_s, "seconds of rest before CPU and memory count")
      ->check(CLI::Range(0.0, 36'000.0))
      ->capture_default_str();
  app.add_option("--measure-s", a.with.measure_s, "seconds that CPU and memory are measured for")
      ->check(CLI::Range(5.0, 36'000.0))
      ->capture_default_str();
  app.add_option("--repetitions", a.with.repetitions, "of each run")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seed", a.with.seed, "of the order of runs")->capture_default_str();
  app.add_option("--off-s", a.with.failure.off_s, "seconds that a failed node is off")
      ->check(CLI::Range(10.0, 3600.0))
      ->capture_default_str();
  declare_cluster(app, a.with.cluster);
  app.add_flag("--quiet", a.quiet, "no progress");
  app.footer("Runs alternate between what is compared, in a new order for each repetition. Samples "
             "are kept as CSV; what is there already is not run again.\n"
             "Exit code 0: all runs are there; 1: some failed; 2: wrong usage.");
}

// Each once. std::runtime_error if there is none of a name.
std::vector<const experiment*> named_experiments(const arguments& a) {
  std::vector<const experiment*> all;
  for (const auto& name : a.names)
    for (const auto* e : find_experiments(name))
      if (std::ranges::find(all, e) == all.end())
        all.push_back(e);
  return all;
}

// Throws CLI::ValidationError if no experiment, variant or condition has one of these names.
void check_names(const arguments& a) {
  std::vector<const experiment*> all;
  try {
    all = named_experiments(a);
  } catch (const std::runtime_error& unknown) {
    throw CLI::ValidationError(unknown.what());
  }
  const auto check = [&all](const char* what, const std::string& name, auto has) {
    if (std::ranges::none_of(all, has))
      throw CLI::ValidationError(
          fmt::format("no {} {}: `monopod-experiment list` names them", what, name));
  };
  for (const auto& name : a.conditions)
    check("condition", name, [&name](const experiment* e) {
      return std::ranges::find(e->conditions, name) != e->conditions.end();
    });
  for (const auto& name : a.variants)
    check("variant", name, [&name](const experiment* e) {
      return std::ranges::find(e->variants, name, &contender::name) != e->variants.end();
    });
}

void declare(CLI::App& app, arguments& a) {
  app.description(
      "Measures Monopod, the architecture of the 2022 thesis, and what the hops between "
      "them cost: on this machine, by loopback and network namespaces of its own, or on a "
      "cluster.");
  app.require_subcommand(1);
  const auto command = [&](const char* name, const char* what) {
    auto* c = app.add_subcommand(name, what);
    c->callback([&a, name] { a.asked = name; });
    return c;
  };
  command("list", "The experiments");
  command("receive", "")->group("")->add_option("ARGUMENTS", a.receiver)->expected(7);
  auto* run = command("run", "Run some of them, or go on with them");
  declare_run(*run, a);
  run->callback([&a] {
    a.asked = "run";
    check_names(a);
  });
  auto* report = command("report", "Figures and pictures of what was run");
  report->add_option("--json", a.json, "write {name, value, unit, low, high, thesis} to this file");
  report->footer("Writes report.html, figures.md and its pictures into the session's folder.\n"
                 "Exit code 0: all bounds hold; 1: one does not; 2: wrong usage.");
  for (auto* c : {run, report})
    c->add_option("--out", a.out, "folder of the session")->capture_default_str();
}

std::string missing_for(const experiment& e, const settings& s) {
  return e.missing == nullptr ? std::string() : e.missing(s);
}

int list() {
  for (const auto& e : all_experiments()) {
    const auto missing = missing_for(e, {});
    const auto conditions = e.conditions.size() == 1
                                ? ""
                                : fmt::format("; conditions {}", fmt::join(e.conditions, ", "));
    std::cout << fmt::format("{}: {}{}{}{}{}\n", e.name, e.meaning,
                             e.group.empty() ? "" : "; one of " + e.group, conditions,
                             e.thesis.empty() ? "" : " (thesis: figures " + e.thesis + ")",
                             missing.empty() ? "" : "; not here: " + missing);
    for (const auto& v : e.variants)
      std::cout << fmt::format("  {:<32}{}\n", v.name, v.meaning);
  }
  return 0;
}

std::vector<const experiment*> asked_experiments(const arguments& a) {
  auto all = named_experiments(a);
  std::erase_if(all, [&a](const experiment* e) {
    const auto missing = missing_for(*e, a.with);
    if (!missing.empty())
      std::cerr << "monopod-experiment: skips " << e->name << ": " << missing << "\n";
    return !missing.empty();
  });
  return all;
}

bool asked_for(const arguments& a, const cell& c) {
  const auto named = [](const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || name.empty() || std::ranges::find(names, name) != names.end();
  };
  return named(a.variants, c.variant) && named(a.conditions, c.condition);
}

int run(const arguments& a) {
  const auto& with = a.with;
  const auto bin = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  const auto kept = session::open(a.out, with);
  const auto experiments = asked_experiments(a);
  int failed = 0;
  for (const auto* e : experiments) {
    if (e->place != nullptr)
      kept.keep_place(e->name, e->place(with));
    auto cells = plan(*e, with);
    std::erase_if(cells, [&a](const cell& c) { return !asked_for(a, c); });
    for (std::size_t i = 0; i < cells.size() && stop_requested == 0; ++i) {
      const auto& c = cells[i];
      if (kept.has(c))
        continue;
      if (!a.quiet)
        std::cerr << fmt::format("{} {} of {}: {} {} repetition {}\n", e->name, i + 1, cells.size(),
                                 c.variant, c.condition, c.repetition);
      try {
        const auto v = std::ranges::find(e->variants, c.variant, &contender::name);
        kept.save(c, v->run(c.condition, bin, with));
      } catch (const std::exception& error) {
        ++failed;
        std::cerr << "monopod-experiment: " << c.variant << ": " << error.what() << "\n";
      }
    }
  }
  return failed == 0 && stop_requested == 0 ? 0 : 1;
}

void write(const std::filesystem::path& path, const std::string& text) {
  if (!(std::ofstream(path) << text).flush())
    throw std::runtime_error("can't write " + path.string());
}

int report_on(const arguments& a) {
  const auto kept = session::read(a.out);
  std::cerr << fmt::format("reads {} runs and draws their intervals\n", kept.cells().size());
  const auto r = make_report(kept);
  if (r.figures.empty())
    throw std::runtime_error("no runs in " + a.out + ": monopod-experiment run makes some");
  write(kept.folder() / "report.html", to_html(r));
  write(kept.folder() / "figures.md", to_markdown(r));
  for (const auto& p : r.plots)
    write(kept.folder() / (p.name + ".svg"), p.svg);
  harness::save(to_json(r.figures), a.json);
  std::cout << to_table(r.figures) << "\n";
  for (const auto& sentence : verdict(figure_lookup(r.figures)))
    std::cout << sentence << "\n";
  return std::ranges::all_of(r.figures, &figure::good) ? 0 : 1;
}

int work(const arguments& a) {
  return a.asked == "list"      ? list()
         : a.asked == "run"     ? run(a)
         : a.asked == "receive" ? run_receiver(a.receiver)
                                : report_on(a);
}

} // namespace

} // namespace monopod::experiment

int main(int argc, char** argv) {
  using namespace monopod;
  return run_program("monopod-experiment", argc, argv, experiment::declare, experiment::work);
}
