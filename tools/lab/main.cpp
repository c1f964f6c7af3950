// monopod-lab: a group of nodes on one machine, with a network that can be broken.
#include "core/names.hpp"
#include "programs/program.hpp"
#include "programs/table.hpp"
#include "tools/lab/campaign.hpp"
#include "tools/lab/catch_up.hpp"
#include "tools/lab/cost.hpp"
#include "tools/lab/keeping.hpp"
#include "tools/lab/people.hpp"
#include "tools/lab/soak.hpp"
#include "tools/lab/watch.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace monopod::lab {

namespace {

struct arguments {
  lab_options lab;
  std::string name = "lab";
  std::string host;
  std::vector<std::string> command;
  campaign_options faults;
  catch_up_options catch_up;
  cost_options cost;
  soak_options soak;
  watch_options watch;
  bool list = false;
  std::string asked; // the subcommand
};

void declare_group(CLI::App& app, lab_options& o) {
  app.add_option("--profile", o.profile, "of the leases")
      ->check(CLI::IsMember({"lan", "fast", "wifi"}))
      ->capture_default_str();
  app.add_option("--durability", o.durability, "of the ledgers: ledger.durability")
      ->check(CLI::IsMember({"memory", "disk"}))
      ->capture_default_str();
}

void declare_lab(CLI::App& app, lab_options& o) {
  app.add_option("--replicas", o.replicas, "nodes a, b, c; with 2 a witness w, with 1 no group")
      ->check(CLI::Range(1, 3))
      ->capture_default_str();
  app.add_flag("--vxlan", o.vxlan, "hosts talk through a VXLAN, as flannel's pods do");
  app.add_flag("--discover", o.discover,
               "members find each other under a name instead of by addresses: group.discover");
  app.add_option("--ack", o.ack, "when a frame is acknowledged: broker.ack")->capture_default_str();
  declare_group(app, o);
}

void declare_faults(CLI::App& app, campaign_options& o, bool& list) {
  app.add_option("ROW", o.faults, "faults; all without any")->check([](const std::string& name) {
    return std::ranges::find(all_faults(), name, &fault::name) == all_faults().end()
               ? "no fault " + name + ": --list names them"
               : std::string{};
  });
  app.add_option("--runs", o.runs, "of each fault; 100 for figures to quote")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--seed", o.seed, "of every random choice")->capture_default_str();
  app.add_option("--json", o.json, "write a list with an object for each fault to this file, too");
  app.add_flag("--quiet", o.quiet, "no progress");
  app.add_flag("--list", list, "print the faults and their bounds");
  app.footer(
      "Three cameras stream at 200, 30 and 10 frames a second (2, 2 and 24 kB). An outage is "
      "the longest time between two acknowledgements of a camera, or two fresh results of "
      "it at the consumer, minus its frame period, from before the fault until all is whole "
      "again.\n"
      "Exit code 0: all bounds hold; 1: one is broken, or something is lost; 2: wrong usage.");
}

void declare_output(CLI::App& app, std::string& json, bool& quiet) {
  app.add_option("--json", json, "write a list of {name, value, unit, bound} to this file, too");
  app.add_flag("--quiet", quiet, "no progress");
}

void declare_catch_up(CLI::App& app, catch_up_options& o) {
  app.add_option("--entries", o.entries, "that wait in the outbox, at least")
      ->check(CLI::Range(1, 90'000))
      ->capture_default_str();
  app.add_option("--runs", o.runs, "of the backup's restart")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  declare_group(app, o.lab);
  declare_output(app, o.json, o.quiet);
  app.footer("A group of three, 16 cameras at 10 frames a second, and no cloud. A backup is killed "
             "and starts again with nothing; it has caught up when it is in the view. Latency is "
             "that of the cameras, from publication to acknowledgement, from the start of the "
             "backup on and, for as long, before.\n"
             "Exit code 0: all bounds hold; 1: one is broken; 2: wrong usage.");
}

void declare_cost(CLI::App& app, cost_options& o) {
  app.add_option("--rounds", o.rounds, "of both, in turn; figures are medians")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", o.seconds, "of each measurement")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  declare_group(app, o.lab);
  declare_output(app, o.json, o.quiet);
  app.footer("One node alone and a group of three take turns: at rest first, then with three "
             "cameras at 10 frames a second of some 24 kB. A share of bytes is what all nodes of "
             "the group send each other over the frames' bytes.\n"
             "Exit code 0: all bounds hold; 1: one is broken; 2: wrong usage.");
}

void declare_soak(CLI::App& app, soak_options& o) {
  app.add_option("--minutes", o.minutes, "that it lasts")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_flag("--load", o.load, "a busy process for each processor, besides");
  declare_group(app, o.lab);
  declare_output(app, o.json, o.quiet);
  app.footer("A group of three under three cameras, and nothing is broken: whoever is taken out or "
             "promoted was so by mistake.\n"
             "Exit code 0: all bounds hold; 1: one is broken; 2: wrong usage.");
}

void declare_watch(CLI::App& app, watch_options& o) {
  app.add_option("--server", o.servers, "cameras' endpoints of all nodes, with commas between")
      ->required();
  app.add_option("--mqtt-host", o.mqtt_host, "broker that the group publishes to")
      ->capture_default_str();
  app.add_option("--mqtt-port", o.mqtt_port, "its port")->capture_default_str();
  app.add_option("--cameras", o.cameras, "that stream")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--fps", o.fps, "of each")->check(CLI::Range(0.1, 1000.0))->capture_default_str();
  app.add_option("--app", o.app, "application that owes a result of every frame")
      ->capture_default_str();
  app.footer("For scripts that break a group: a line \"begin\" on standard input starts a "
             "measurement, \"results N\" answers when N more results have come, \"end\" waits "
             "until all flows again and answers with a JSON object; the "
             "end of the input ends it. First it says {\"ready\": true}.\n"
             "Exit code 0: nothing was lost or came twice; 1: something was; 2: wrong usage.");
}

void declare(CLI::App& app, arguments& a) {
  app.description(
      "Builds a group of Monopod nodes from network namespaces on this machine, with cameras, a "
      "cloud and a consumer, and breaks it.\n"
      "Needs root (faults also work where users may make namespaces), ip(8), nft(8), mosquitto. "
      "Nothing is put into the machine's own network.");
  app.require_subcommand(1);
  const auto command = [&](const char* name, const char* what) {
    auto* c = app.add_subcommand(name, what);
    c->callback([&a, name] { a.asked = name; });
    return c;
  };
  const auto named = [&a](CLI::App* c) {
    c->add_option("--name", a.name, "of the laboratory")->check(wrong_name)->capture_default_str();
    return c;
  };
  auto* up = named(command("up", "Build a laboratory that stays until it is taken down"));
  declare_lab(*up, a.lab);
  named(command("down", "End it, and clear away what killed laboratories left"));
  named(command("status", "What each node says of itself, and how frames flow"));
  auto* shell = named(command("shell", "A shell, or a command, inside a host"));
  shell->add_option("HOST", a.host, "a, b, c, w, cloud or cams")->required();
  shell->add_option("COMMAND", a.command, "instead of a shell; after --");
  auto* faults = command("faults", "Break everything in turn and measure the outages");
  declare_lab(*faults, a.lab);
  declare_faults(*faults, a.faults, a.list);
  declare_catch_up(*command("catch-up", "How fast a fresh backup has a large outbox"), a.catch_up);
  declare_cost(*command("cost", "What a group costs against a node alone"), a.cost);
  declare_soak(*command("soak", "Whether a group stays as it is while nothing happens"), a.soak);
  declare_watch(*command("watch", "Streams through a group elsewhere, measured on demand"),
                a.watch);
}

int list_faults(const std::string& profile) {
  table t({{"fault", align::left}, {"bound, ms"}, {"meaning", align::left}});
  for (const auto& f : all_faults())
    t.add({f.name, fmt::format("{}", f.bound_ms(profile)), f.meaning});
  std::cout << t.text();
  return 0;
}

int faults(const arguments& a) {
  if (a.list)
    return list_faults(a.lab.profile);
  harness::become_root();
  auto o = a.faults;
  o.lab = a.lab;
  std::cerr << "monopod-lab: seed " << o.seed << "\n";
  const auto all = run_campaign(o);
  std::cout << to_table(all) << std::flush;
  return stop_requested == 0 &&
                 std::ranges::all_of(all, [](const auto& row) { return row.broken.empty(); })
             ? 0
             : 1;
}

int judge(const std::vector<harness::figure>& figures) {
  std::cout << to_table(figures) << std::flush;
  return std::ranges::all_of(figures, &harness::figure::good) ? 0 : 1;
}

int catch_up(const arguments& a) {
  harness::become_root();
  auto o = a.catch_up;
  o.lab.bin = a.lab.bin;
  return judge(measure_catch_up(o));
}

int cost(const arguments& a) {
  harness::become_root();
  auto o = a.cost;
  o.lab.bin = a.lab.bin;
  return judge(measure_cost(o));
}

int soak(const arguments& a) {
  harness::become_root();
  auto o = a.soak;
  o.lab.bin = a.lab.bin;
  return judge(soak(o));
}

int run(const arguments& given) {
  auto a = given;
  a.lab.bin = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  // The laboratories of the caller, even if become_root() changes the user id.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  setenv("XDG_RUNTIME_DIR", laboratories().parent_path().c_str(), 1);
  if (a.asked == "up")
    return up(a.lab, a.name);
  if (a.asked == "down")
    return down(a.name);
  if (a.asked == "status")
    return status(a.lab.bin, a.name);
  if (a.asked == "shell")
    return shell(a.name, a.host, a.command);
  if (a.asked == "catch-up")
    return catch_up(a);
  if (a.asked == "cost")
    return cost(a);
  if (a.asked == "soak")
    return soak(a);
  if (a.asked == "watch")
    return watch(a.watch);
  return faults(a);
}

} // namespace

} // namespace monopod::lab

int main(int argc, char** argv) {
  using namespace monopod;
  return run_program<lab::arguments>("monopod-lab", argc, argv, lab::declare, lab::run);
}
