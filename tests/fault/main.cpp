// monopod-fault: breaks things around a real pod and counts what got lost.
#include "core/clock.hpp"
#include "programs/program.hpp"
#include "programs/table.hpp"
#include "tests/fault/cases.hpp"
#include "tools/harness/process.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

namespace monopod::fault {

const std::vector<fault_case>& all_cases() {
  static const std::vector<fault_case> all{
      {"cloud-outage", "mosquitto away for a minute at 50 results a second, the pod killed inside",
       cloud_outage},
      {"cloud-outage-paced",
       "the same at a pace of 200 messages a second: the drain keeps it, and "
       "fresh results flow",
       cloud_outage_paced},
      {"picture-outage",
       "mosquitto away for a minute with a picture for each result, and room for few pictures",
       picture_outage},
      {"app-hang", "an application stopped for ten minutes beside 16 cameras", app_hang},
      {"latest-age", "age of what a slow application gets under policy latest", latest_age},
      {"hostile", "10,000 silent connections, trickle, garbage, limits, beside a good camera",
       hostile},
      {"hostile-1024", "the same, and the pod may open 1,024 files: connections find no room",
       hostile_1024},
      {"hostile-memory",
       "4,096 connections that claim, and send, as much as they may, at all ports", hostile_memory},
      {"hostile-turns", "tiny messages without end, 4,096 connections at rest, and junk datagrams",
       hostile_turns},
      {"hostile-http",
       "1,000 silent and 8 slow HTTP connections, questions and commands without a "
       "pause: probes are answered",
       hostile_http},
      {"hostile-names",
       "100,000 camera names and 1,000,000 application names, one after the other, beside a good "
       "camera",
       hostile_names},
      {"hostile-messages",
       "streams of the end of time, hundreds of applications, a thousand cameras: a few messages "
       "harm no pod for good",
       hostile_messages},
      {"hostile-group",
       "messages of any values under a member's name, at the port of each node of a group of three",
       hostile_group},
      {"kill9-disk", "the pod killed at 100 random moments with its ledger on disk", kill9_disk},
      {"kill9-accepted",
       "the pod killed with frames in flight that were acknowledged: broker.ack = accepted",
       kill9_accepted},
      {"full-disk",
       "a group of three whose primary's disk is full, then all disks: it goes on where there is "
       "room",
       full_disk},
      {"start-outbox",
       "a pod with 26,500 results in its outbox started again: the time until the first frame is "
       "acknowledged",
       start_outbox},
      {"soak", "half an hour of application crashes and cloud outages", soak}};
  return all;
}

void say(const std::string& text) { fmt::print(stderr, "monopod-fault: {}\n", text); }

void rest(int ms) {
  constexpr int slice_ms = 100;
  for (; ms > 0; ms -= slice_ms) {
    if (stop_requested > 0)
      throw std::runtime_error("stopped by a signal");
    harness::pause_ms(std::min(ms, slice_ms));
  }
}

namespace {

struct arguments {
  options run;
  std::string json;
  std::vector<std::string> names;
  bool list = false;
};

void declare(CLI::App& app, arguments& a) {
  app.description("Breaks things around a real pod on loopback and counts what got lost, came "
                  "twice or grew. Needs mosquitto.\n"
                  "Exit code 0: all bounds hold; 1: one is broken; 2: wrong usage.");
  app.add_option("NAME", a.names, "cases; all without any")->check([](const std::string& name) {
    return std::ranges::find(all_cases(), name, &fault_case::name) == all_cases().end()
               ? "no case " + name + ": --list names them"
               : std::string{};
  });
  app.add_option("--json", a.json, "write an array with an object for each case to this file, too");
  app.add_flag("--quick", a.run.quick,
               "some seconds each: shows that it works, no figures to quote");
  app.add_flag("--list", a.list, "print the cases");
  app.add_option("--minutes", a.run.soak_minutes, "length of the soak")
      ->check(CLI::Range(1.0, 10'000.0))
      ->capture_default_str();
  app.add_option("--seed", a.run.seed, "of every random choice")->capture_default_str();
  app.add_option("--keep", a.run.keep,
                 "folder that gets mosquitto's log of every packet and all results received, where "
                 "one is missing");
  app.add_option("--pod-flag", a.run.pod_flags,
                 "further flags of `monopod run`, one word each; they win")
      ->allow_extra_args(false);
}

outcome run_case(const fault_case& c, const options& o) {
  say(c.name + ": " + c.meaning);
  const auto start_ns = boottime_ns();
  outcome result;
  try {
    result = c.run(o);
  } catch (const std::exception& e) {
    result.broken.emplace_back(e.what());
  }
  result.name = c.name;
  result.seconds = static_cast<double>(boottime_ns() - start_ns) * 1e-9;
  for (const auto& b : result.broken)
    say(c.name + ": BROKEN: " + b);
  return result;
}

int run(const arguments& a) {
  if (a.list) {
    table t({{"", align::left}, {"", align::left}});
    for (const auto& c : all_cases())
      t.add({c.name, c.meaning});
    std::cout << t.text();
    return 0;
  }
  auto o = a.run;
  o.bin = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  std::vector<outcome> all;
  for (const auto& c : all_cases()) {
    if (!a.names.empty() && std::ranges::find(a.names, c.name) == a.names.end())
      continue;
    if (stop_requested > 0)
      break;
    all.push_back(run_case(c, o));
    // After each: what was measured stays where a later case ends it all.
    try {
      harness::save(to_json(all), a.json);
    } catch (const std::exception& e) {
      std::cerr << "monopod-fault: " << e.what() << "\n";
      return 2;
    }
  }
  std::cout << to_table(all) << std::flush;
  return stop_requested == 0 && std::ranges::all_of(all, &outcome::good) ? 0 : 1;
}

} // namespace

} // namespace monopod::fault

int main(int argc, char** argv) {
  using namespace monopod;
  return run_program<fault::arguments>("monopod-fault", argc, argv, fault::declare, fault::run);
}
