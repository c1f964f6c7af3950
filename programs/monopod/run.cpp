#include "actors/ledger/state_file.hpp"
#include "actors/pod.hpp"
#include "core/config/config_loader.hpp"
#include "core/config/cross_checks.hpp"
#include "core/config/secrets.hpp"
#include "core/config/settings.hpp"
#include "core/log.hpp"
#include "programs/monopod/commands.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <iterator>
#include <malloc.h>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace monopod {

namespace {

struct run_options {
  bool witness = false;
  std::string config_file;
  std::vector<std::string> stages{"all"};
  std::string address_file;
  bool debug = false;
  std::vector<config_override> flags;
};

// The names of sections that occur in flags: because of "--vision.detect.cameras", CLI11 has to
// know the flags of "detect".
std::set<std::string> flag_sections(const std::string& section, int argc, char** argv) {
  std::set<std::string> names{"NAME"};
  const auto prefix = "--" + section + ".";
  for (int i = 1; i < argc; ++i) {
    std::string flag = argv[i];
    if (!flag.starts_with(prefix))
      continue;
    flag = flag.substr(0, flag.find('='));
    if (const auto found = find_key(flag.substr(2)))
      names.insert(found->section_name);
  }
  return names;
}

void add_setting_flags(CLI::App& run, run_options& o, int argc, char** argv) {
  for (const auto& s : settings()) {
    const auto names = s.named ? flag_sections(s.section, argc, argv) : std::set<std::string>{""};
    for (const auto& name : names) {
      const auto key = s.key(name);
      const auto help = s.help + " (" + s.allowed() + "; default " + s.default_text() + "; " +
                        s.environment_name(name) + ")";
      run.add_option_function<std::vector<std::string>>(
             "--" + key,
             [&o, key](const std::vector<std::string>& texts) {
               o.flags.push_back({"--" + key, key, texts});
             },
             help)
          ->expected(1)
          ->group(s.section.empty() ? "Settings" : "Settings: " + s.section);
    }
  }
}

std::set<stage_kind> parse_stages(const std::vector<std::string>& words) {
  static const std::map<std::string, stage_kind> known{{"gateway", stage_kind::gateway},
                                                       {"broker", stage_kind::broker},
                                                       {"vision", stage_kind::vision},
                                                       {"cloud", stage_kind::cloud}};
  std::set<stage_kind> stages;
  for (const auto& word : words) {
    if (const auto at = known.find(word); at != known.end())
      stages.insert(at->second);
    else
      for (const auto& [name, kind] : known)
        stages.insert(kind); // "all"; CLI11 lets nothing else through
  }
  return stages;
}

// Writes the file whole or not at all: its appearance is the sign that all sockets are bound. In a
// folder that others may write to, it never writes into a file, or through a link, that they put
// there.
void write_addresses(const std::string& path, const pod::addresses& where) {
  std::string text = "cameras=" + where.cameras + "\napps=" + where.apps +
                     "\napplications=" + where.applications + "\nframes=" + where.frames +
                     "\nresults=" + where.results + "\n";
  if (where.http_port != 0)
    text += "http=127.0.0.1:" + std::to_string(where.http_port) + "\n";
  const auto temporary = path + ".new";
  unlink(temporary.c_str()); // of a process that was killed
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  const bool written = fd >= 0 && write(fd, text.data(), text.size()) == std::ssize(text);
  if (fd >= 0)
    close(fd);
  if (!written || std::rename(temporary.c_str(), path.c_str()) != 0)
    throw std::runtime_error("can't write " + path +
                             ": name a file in a folder that exists and that is this user's");
}

// Reads file, environment and flags, at the start and at SIGHUP.
tl::expected<config, std::vector<config_mistake>> load(const run_options& o) {
  const auto file = o.config_file.empty() ? std::nullopt : std::optional(o.config_file);
  auto overrides = environment_overrides(section_names(file));
  overrides.insert(overrides.end(), o.flags.begin(), o.flags.end());
  return load_config(file, overrides);
}

// Call this before any other thread exists, as mallopt(3) demands.
void tune_allocator() {
  constexpr int kib = 1024;
  // NOLINTBEGIN(concurrency-mt-unsafe): no other thread exists yet
  // Two arenas, so that allocations of other threads do not disturb the loop's own; more would
  // cost memory.
  mallopt(M_ARENA_MAX, 2);
  // Windows of frames are allocated and released all the time; giving their pages back and
  // faulting them in again was a quarter of the work under load. Few frames exceed these bounds.
  mallopt(M_TRIM_THRESHOLD, 2048 * kib);
  mallopt(M_MMAP_THRESHOLD, 1024 * kib);
  // NOLINTEND(concurrency-mt-unsafe)
}

// Call this before any thread is made, so that every thread blocks the signals and the pod's
// descriptor receives them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// A mistake that CLI11 can't find, because only the configuration reveals it; empty if none.
std::string misuse(const run_options& o, const config& conf) {
  const auto me = conf.member.find(conf.node);
  const bool witness = me != conf.member.end() && me->second.role == member_role::witness;
  if (o.witness && !witness)
    return "this node is not a witness: set member." + conf.node +
           ".role = \"witness\" and all members' addresses, or use `monopod run`";
  if (!o.witness && witness)
    return "this node is a witness: use `monopod witness`";
  if (conf.vision.empty() && std::ranges::find(o.stages, "vision") != o.stages.end())
    return "there is no vision application to run: add a section [vision.NAME], or leave `vision` "
           "out of --stages";
  if (!o.witness && !conf.member.empty() && parse_stages(o.stages) != parse_stages({"all"}))
    return "a member of a group runs all stages in one process: leave out --stages";
  return {};
}

// The member's state, once no other process holds it; null if a signal arrives first (C5).
std::unique_ptr<state_file> take_seat(const config& conf, const sigset_t& signals) {
  return state_file::open(conf.group.directory, [&signals] {
    const timespec pause{0, 200'000'000};
    return sigtimedwait(&signals, nullptr, &pause) < 0;
  });
}

int run(const run_options& o) {
  const auto conf = load(o);
  if (!conf) {
    std::cerr << describe(conf.error());
    return 2;
  }
  if (const auto wrong = misuse(o, *conf); !wrong.empty()) {
    std::cerr << "monopod: " << wrong << "\n";
    return 2;
  }
  log_init(conf->log.level, conf->log.format);
  for (const auto& warning : config_warnings(*conf))
    log_warn("monopod", warning);
  for (const auto& warning : secret_warnings(*conf, o.flags))
    log_warn("monopod", warning);
  tune_allocator();
  const auto signals = block_signals();
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread is there yet
  std::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<state_file> seat;
  auto stages = o.witness ? std::set<stage_kind>() : parse_stages(o.stages);
  if (!conf->member.empty()) {
    seat = take_seat(*conf, signals);
    if (seat == nullptr)
      return 0;
    stages.insert(stage_kind::replicator);
  }
  pod p(*conf, stages, {.debug = o.debug, .reload = [&o] { return load(o); }}, std::move(seat));
  const auto where = p.where();
  log_info("monopod", "running",
           {{"site", conf->site},
            {"node", conf->node},
            {"cameras", where.cameras},
            {"http_port", where.http_port}});
  if (o.debug)
    log_warn("monopod", "debugging is on: anyone who reaches the HTTP port can make stages fail");
  if (!o.address_file.empty())
    write_addresses(o.address_file, where);
  return p.run();
}

void add_common(CLI::App& command, const std::shared_ptr<run_options>& o, int argc, char** argv,
                int& exit_code) {
  command.add_option("--config", o->config_file, "TOML file; without one, defaults apply")
      ->envname("MONOPOD_CONFIG");
  command.add_option("--address-file", o->address_file,
                     "write the addresses to this file once all sockets are bound");
  add_setting_flags(command, *o, argc, argv);
  command.callback([o, &exit_code] { exit_code = run(*o); });
}

} // namespace

void add_run(CLI::App& app, int argc, char** argv, int& exit_code) {
  auto* command = app.add_subcommand("run", "Run the pod, or some of its stages");
  auto o = std::make_shared<run_options>();
  command->add_option("--stages", o->stages, "all, or some of gateway, broker, vision and cloud")
      ->delimiter(',')
      ->check(CLI::IsMember({"all", "gateway", "broker", "vision", "cloud"}))
      ->default_str("all");
  command->add_flag("--enable-debug", o->debug,
                    "allow `monopod debug`, over HTTP and without a password: for tests");
  add_common(*command, o, argc, argv, exit_code);
}

void add_witness(CLI::App& app, int argc, char** argv, int& exit_code) {
  auto* command = app.add_subcommand(
      "witness", "Run a member that only votes, so that two replicas can fail over");
  auto o = std::make_shared<run_options>();
  o->witness = true;
  add_common(*command, o, argc, argv, exit_code);
}

} // namespace monopod
