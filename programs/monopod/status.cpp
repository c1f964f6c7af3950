// monopod status: shows the state of a pod, once or again and again.
#include "core/config/config.hpp"
#include "core/config/environment.hpp"
#include "programs/monopod/commands.hpp"
#include "programs/monopod/pod_answers.hpp"
#include "programs/monopod/status_table.hpp"

#include <csignal>
#include <ctime>
#include <iostream>
#include <memory>
#include <unistd.h>

namespace monopod {

namespace {

constexpr int exit_ready = 0;
constexpr int exit_unreachable = 1;
constexpr int exit_not_ready = 3;

struct status_options {
  std::string address = config{}.http.listen;
  bool json = false;
  bool watch = false;
  double interval_s = 1;
};

// Asks once and prints the answer. Returns the exit code.
int show(const status_options& o, const http_address& address, bool terminal) {
  const auto reply = ask_http(address, "GET", "/api/v1/status");
  if (o.watch && terminal)
    std::cout << "\033[H\033[2J"; // from the top of an empty screen
  if (reply.status != 200) {
    std::cout << std::flush;
    std::cerr << "monopod: "
              << (reply.status == 0 ? unreachable(address, reply)
                                    : "the answer is not a pod's status: is it a monopod at " +
                                          address.text() + "?\n");
    return exit_unreachable;
  }
  const bool colour = terminal && environment_variable("NO_COLOR").empty(); // https://no-color.org
  const auto view = status_table(reply.body, colour);
  std::cout << (o.json ? reply.body : view.text) << std::flush;
  return view.ready ? exit_ready : exit_not_ready;
}

// Repeats until SIGINT or SIGTERM arrives, or until nobody reads the output any more. Both signals
// are blocked, so that neither is missed between two requests.
int watch(const status_options& o, const http_address& address, bool terminal) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto whole_s = static_cast<time_t>(o.interval_s);
  const timespec pause{whole_s,
                       static_cast<long>((o.interval_s - static_cast<double>(whole_s)) * 1e9)};
  do {
    show(o, address, terminal);
    if (!terminal && !o.json)
      std::cout << "\n";
  } while (std::cout && sigtimedwait(&signals, nullptr, &pause) < 0);
  return 0;
}

int run(const status_options& o) {
  const auto address = http_address::parse(o.address);
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  return o.watch ? watch(o, address, terminal) : show(o, address, terminal);
}

} // namespace

void add_status(CLI::App& app, int& exit_code) {
  auto* status = app.add_subcommand("status", "Show a running pod: cameras, applications, clouds");
  auto o = std::make_shared<status_options>();
  status->add_option("ADDRESS,--address", o->address, "HTTP address of the pod (its http.listen)")
      ->check(wrong_address)
      ->capture_default_str();
  status->add_flag("--json", o->json, "print the pod's answer, which is JSON");
  status->add_flag("--watch", o->watch, "repeat until SIGINT or SIGTERM");
  status->add_option("--interval", o->interval_s, "seconds between two requests, with --watch")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  status->footer(
      "Exit codes: 0 ready (or --watch was ended), 1 no answer, 2 wrong usage, 3 not ready.");
  status->callback([o, &exit_code] { exit_code = run(*o); });
}

} // namespace monopod
