// The common parts of our programs: flags, signals, exit codes, progress.
#pragma once

#include "core/clock.hpp"
#include "core/version.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <unistd.h>

namespace monopod {

/// How many times SIGINT or SIGTERM arrived: the first one asks the program to end in order, a
/// second one to hurry. May be read on any thread.
inline std::atomic<int> stop_requested = 0;
static_assert(std::atomic<int>::is_always_lock_free); // else a signal handler must not touch it

/// Refuses negative numbers for unsigned ones, which CLI11 2.1 reads as very large ones; also in
/// subcommands.
inline void refuse_negative_numbers(CLI::App& app) {
  const CLI::Validator not_negative(
      [](std::string& text) {
        return text.starts_with('-') ? "takes a number from 0" : std::string();
      },
      "");
  for (auto* option : app.get_options())
    if (option->get_type_name().starts_with("UINT"))
      option->check(not_negative);
  for (auto* subcommand : app.get_subcommands([](CLI::App*) { return true; }))
    refuse_negative_numbers(*subcommand);
}

/// The whole of a main(): `declare` describes the flags, and `work` is the program. Returns the
/// exit code: that of `work`, 2 after wrong usage, with the remedy on stderr, or 1 after an
/// exception from `work`, which is printed. `declare` may set a callback that throws
/// CLI::ValidationError about flags that do not fit together.
template <class Options>
int run_program(const std::string& name, int argc, char** argv,
                void (*declare)(CLI::App&, Options&), int (*work)(const Options&)) {
  Options options;
  CLI::App app;
  app.set_version_flag("--version", std::string(version) + " (" + commit + ")");
  declare(app, options);
  refuse_negative_numbers(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  for (const int number : {SIGINT, SIGTERM})
    std::signal(number, [](int) { ++stop_requested; });
  try {
    return work(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), e.what());
    return 1;
  }
}

/// The progress of the work, on stderr: rewritten in place every second on a terminal, else a line
/// every `period_s` seconds.
class progress_line {
public:
  progress_line(bool quiet, std::uint64_t period_s)
      : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0),
        period_ns_((terminal_ ? 1 : period_s) * ns_per_s) {}

  /// Calls `text` when a line is due.
  template <class F>
  void tick(F text) {
    const auto now_ns = boottime_ns();
    if (quiet_ || now_ns - last_ns_ < period_ns_)
      return;
    last_ns_ = now_ns;
    const std::string line = text();
    std::fprintf(stderr, "%s%s%s", terminal_ ? "\r" : "", line.c_str(), terminal_ ? "" : "\n");
  }

private:
  bool quiet_;
  bool terminal_;
  std::uint64_t period_ns_;
  std::uint64_t last_ns_ = boottime_ns();
};

} // namespace monopod
