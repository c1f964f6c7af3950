// monopod-sim: runs thousands of groups with everything that can go wrong, by seed.
#include "programs/program.hpp"
#include "tests/sim/campaign.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace monopod::sim {

namespace {

struct options {
  std::uint64_t seeds = 1000;
  std::uint64_t from = 1;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::uint64_t replay = 0;
  bool mutants = false;
  std::string only;
  std::vector<std::string> scenarios;
  bool trace = false;
  bool coverage = false;
  std::string json;
  bool quiet = false;
};

void declare(CLI::App& app, options& o) {
  app.description(
      "Runs the replication core in simulated groups, where seeds decide about every "
      "delay, loss, cut, crash and clock, and checks its invariants after each step.\n"
      "Exit code 0: nothing found (with --mutants: all found); 1: otherwise; 2: wrong usage.");
  app.add_option("--seeds", o.seeds, "how many; with --mutants: at most, for each")
      ->check(CLI::Range(1ULL, 1'000'000'000ULL))
      ->capture_default_str();
  app.add_option("--from", o.from, "the first one")->capture_default_str();
  app.add_option("--jobs", o.jobs, "threads")->check(CLI::Range(1, 256))->capture_default_str();
  auto* replay = app.add_option("--replay", o.replay, "run this seed alone, and tell what happens");
  auto* mutants = app.add_flag("--mutants", o.mutants,
                               "break each rule on purpose, and see whether that is found");
  app.add_option("--mutant", o.only, "break this rule, of replication/rules.hpp")
      ->check([](const std::string& name) {
        for (int m = 1; m <= static_cast<int>(last_mutant); ++m)
          if (name == name_of(static_cast<mutant>(m)))
            return std::string{};
        return "no mutant " + name + ": replication/rules.hpp names them";
      });
  auto* files = app.add_option("--scenario", o.scenarios, "run these files, or all of a folder");
  app.add_flag("--trace", o.trace, "tell what happens in the slowest run of each of these files")
      ->needs(files);
  auto* coverage =
      app.add_flag("--coverage", o.coverage, "tell how many of the seeds reached each situation");
  app.add_option("--json", o.json, "write the result to this file, too");
  app.add_flag("--quiet", o.quiet, "no progress");
  replay->excludes(mutants)->excludes(files);
  files->excludes(mutants);
  coverage->excludes(replay)->excludes(mutants)->excludes(files);
}

mutant broken_rule_of(const options& o) {
  for (int m = 1; m <= static_cast<int>(last_mutant); ++m)
    if (o.only == name_of(static_cast<mutant>(m)))
      return static_cast<mutant>(m);
  return mutant::none;
}

using json = nlohmann::ordered_json;

void write_json(const options& o, const json& document) {
  if (!o.json.empty() && !(std::ofstream(o.json) << document.dump(2) << "\n").flush())
    throw std::runtime_error("can't write " + o.json);
}

// A tenth of a millisecond is more than a simulated network tells.
double tenths(double ms) { return std::round(ms * 10) / 10; }

void print_trace(const run_result& r) {
  for (const auto& line : r.trace)
    fmt::print("{}\n", line);
}

// Prints what happened in a bad run, with as few faults as it takes.
void explain(const scenario& bad) {
  const auto less = shortened(bad);
  const auto r = run_scenario(less, true);
  fmt::print("\n{}{}\n", to_text(less),
             less.broken == mutant::none ? ""
                                         : fmt::format("# broken: {}\n", name_of(less.broken)));
  print_trace(r);
  fmt::print("{}\n", r.violation);
}

// Prints how many seeds reached each situation, and returns the same as JSON.
json print_coverage(const seeds_result& r) {
  auto list = json::object();
  fmt::print("{:<28}{:>10}{:>10}\n", "situation", "seeds", "%");
  for (std::size_t i = 0; i < situations; ++i) {
    const auto name = name_of(static_cast<situation>(i));
    const auto share = static_cast<double>(r.reached.at(i)) / static_cast<double>(r.seeds);
    fmt::print("{:<28}{:>10}{:>10.2f}\n", name, r.reached.at(i), 100 * share);
    list[name] = r.reached.at(i);
  }
  return list;
}

int run_all_seeds(const options& o) {
  progress_line line(o.quiet, 10);
  const auto r = run_seeds(o.from, o.seeds, o.jobs, broken_rule_of(o), false, [&](auto done) {
    line.tick([&] { return fmt::format("monopod-sim: {} of {} seeds", done, o.seeds); });
    return stop_requested == 0;
  });
  json document{{"seeds", r.seeds},
                {"violations", r.violations},
                {"first_bad_seed", r.first_bad_seed ? json(*r.first_bad_seed) : json()}};
  if (o.coverage)
    document["coverage"] = print_coverage(r);
  write_json(o, document);
  fmt::print("{} seeds, {} violations, {} epochs, progress owed and kept in {}\n", r.seeds,
             r.violations, r.epochs, r.progress_owed);
  if (r.first_bad_seed) {
    fmt::print("first: --replay {}{}: {}\n", *r.first_bad_seed,
               o.only.empty() ? "" : " --mutant " + o.only, r.first_violation);
    fmt::print("bad: {}\n", fmt::join(r.bad_seeds, " "));
    explain(random_scenario(*r.first_bad_seed, broken_rule_of(o)));
  }
  return r.violations == 0 && stop_requested == 0 ? 0 : 1;
}

int replay(const options& o) {
  const auto s = random_scenario(o.replay, broken_rule_of(o));
  const auto r = run_scenario(s, true);
  fmt::print("{}", to_text(s));
  print_trace(r);
  fmt::print("{}\n", r.violation.empty() ? "no violation" : r.violation);
  if (!r.violation.empty())
    explain(s);
  return r.violation.empty() ? 0 : 1;
}

int run_mutants(const options& o) {
  int found = 0;
  std::vector<std::string> missed;
  for (int m = 1; m <= static_cast<int>(last_mutant) && stop_requested == 0; ++m) {
    const auto which = static_cast<mutant>(m);
    if (!o.only.empty() && o.only != name_of(which))
      continue;
    progress_line line(o.quiet, 10);
    const auto r = run_seeds(o.from, o.seeds, o.jobs, which, true, [&](auto done) {
      line.tick([&] { return fmt::format("monopod-sim: {}: {} seeds", name_of(which), done); });
      return stop_requested == 0;
    });
    found += r.violations > 0 ? 1 : 0;
    if (r.violations == 0)
      missed.emplace_back(name_of(which));
    fmt::print("{:<28}{}\n", name_of(which),
               r.violations == 0
                   ? fmt::format("MISSED in {} seeds", r.seeds)
                   : fmt::format("found after {:>5}: {}", r.seeds, r.first_violation));
    std::fflush(stdout);
  }
  write_json(o, {{"mutants", static_cast<int>(last_mutant)}, {"found", found}, {"missed", missed}});
  return missed.empty() && stop_requested == 0 ? 0 : 1;
}

std::vector<std::string> files_of(const std::vector<std::string>& names) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const auto& name : names) {
    if (!fs::is_directory(name)) {
      files.push_back(name);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(name))
      if (entry.path().extension() == ".txt")
        files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  if (files.empty())
    throw std::runtime_error("no scenario found");
  return files;
}

int run_scenarios(const options& o) {
  bool good = true;
  auto list = json::array();
  fmt::print("{:<24}{:>6}{:>10}{:>10}{:>10}{:>8}\n", "scenario", "runs", "p50 ms", "p99 ms",
             "max ms", "views");
  for (const auto& file : files_of(o.scenarios)) {
    std::ifstream in(file);
    if (!in)
      throw std::runtime_error("can't read " + file);
    auto s = parse_scenario({std::istreambuf_iterator<char>(in), {}}, file);
    s.name = std::filesystem::path(file).stem().string();
    s.broken = broken_rule_of(o);
    const auto r = run_expected(s);
    good = good && r.broken.empty();
    fmt::print("{:<24}{:>6}{:>10.1f}{:>10.1f}{:>10.1f}{:>8}  {}\n", r.name, r.runs, r.outage_ms_p50,
               r.outage_ms_p99, r.outage_ms_max, r.view_changes, r.broken);
    if (o.trace)
      print_trace(run_scenario(r.slowest, true));
    list.push_back({{"scenario", r.name},
                    {"runs", r.runs},
                    {"outage_ms_p50", tenths(r.outage_ms_p50)},
                    {"outage_ms_p99", tenths(r.outage_ms_p99)},
                    {"outage_ms_max", tenths(r.outage_ms_max)},
                    {"twice_on_wire", r.twice},
                    {"view_changes", r.view_changes},
                    {"broken", r.broken}});
  }
  write_json(o, list);
  return good ? 0 : 1;
}

int run(const options& o) {
  if (o.replay != 0)
    return replay(o);
  if (o.mutants)
    return run_mutants(o);
  if (!o.scenarios.empty())
    return run_scenarios(o);
  return run_all_seeds(o);
}

} // namespace

} // namespace monopod::sim

int main(int argc, char** argv) {
  using namespace monopod;
  return run_program<sim::options>("monopod-sim", argc, argv, sim::declare, sim::run);
}
