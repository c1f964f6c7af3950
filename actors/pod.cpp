#include "actors/pod.hpp"

#include "actors/metrics.hpp"
#include "actors/platform/http_server.hpp"
#include "actors/platform/service_manager.hpp"
#include "actors/runtime/libzmq_end.hpp"
#include "actors/runtime/loop.hpp"
#include "core/config/config_changes.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/priority.hpp"

#include <caf/actor_system_config.hpp>
#include <zmq.hpp>

#include <csignal>
#include <exception>
#include <optional>
#include <sys/signalfd.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace monopod {

namespace {

// None: libzmq only joins loops, inproc, unless a link asks for its tcp or ipc.
int io_threads(const config& c) {
  const auto by_libzmq = [](const std::string& endpoint) {
    return endpoint.starts_with(libzmq_scheme);
  };
  return by_libzmq(c.link.frames) || by_libzmq(c.link.apps) || by_libzmq(c.link.results) ? 1 : 0;
}

struct system_config : caf::actor_system_config {
  system_config() {
    // One worker that sleeps: the stages live on our loops, and stealing workers would poll.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

} // namespace

struct pod::state {
  state(const config& c, const std::set<stage_kind>& kinds, pod_options o,
        std::unique_ptr<state_file> file)
      : options(std::move(o)), configured(c), conf(c), system(system_conf),
        realtime(c.loop.realtime && take_realtime()),
        main_loop(system, {.spin_us = c.loop.spin_us, .stall_ms = c.loop.stall_ms}) {
    if (c.loop.realtime && !realtime)
      log_warn("monopod",
               "no real-time priority: run as root, or with CAP_SYS_NICE or LimitRTPRIO=1; as a "
               "service, with the drop-in realtime.conf of the examples");
    stages.emplace(main_loop, context, conf, metrics, kinds, std::move(file), [this](int code) {
      exit_code = code;
      main_loop.stop();
    });
    if (conf.http.listen.empty())
      return;
    http_server::watched_loops loops{{"main", &main_loop}};
    for (const auto& l : stages->own_loops())
      loops.emplace_back(l.name, l.host.get());
    http.emplace(system, conf, metrics, stages->stages(), std::move(loops), options.debug);
  }

  void on_signal(std::uint32_t number);
  void reload();
  void take(const config& wanted);
  void keep_alive();
  std::string summary() const;

  // Destroyed from the last to the first: stages, then the loop, then what they use.
  pod_options options;
  config configured; // as asked for, with the changes at run time
  config conf;       // the same, with the ports that the system chose
  service_manager manager;
  monopod::metrics metrics;
  system_config system_conf;
  caf::actor_system system;
  zmq::context_t context{io_threads(conf)};
  bool realtime; // this thread, which is the main loop's
  loop main_loop;
  std::optional<pipeline> stages;
  std::optional<http_server> http;
  int exit_code = 0;
};

std::string pod::state::summary() const {
  std::string text = "running:";
  stages->stages().for_each([&text](const roster::entry& e) { text += " " + e.name; });
  return text;
}

void pod::state::on_signal(std::uint32_t number) {
  if (number == SIGHUP) {
    reload();
    return;
  }
  manager.stopping();
  stages->stop();
}

// Reads a small file on the loop: that is rare, and the operator asked for it.
void pod::state::reload() {
  manager.reloading();
  try {
    const auto wanted = options.reload ? options.reload() : configured;
    if (wanted)
      take(*wanted);
    else
      for (const auto& m : wanted.error())
        log_error("monopod", "the configuration has a mistake: the old one stays",
                  {{"where", m.where}, {"what", m.what}, {"remedy", m.remedy}});
  } catch (const std::exception& e) {
    log_error("monopod", "the configuration can't be read: the old one stays",
              {{"error", std::string(e.what())}});
  }
  manager.ready(summary());
}

void pod::state::take(const config& wanted) {
  const auto changes = compare(configured, wanted);
  take_runtime(configured, wanted);
  stages->apply(wanted);
  log_init(configured.log.level, configured.log.format);
  std::size_t waiting = 0;
  for (const auto& c : changes) {
    const log_fields fields{{"key", c.key}, {"from", c.from}, {"to", c.to}};
    if (c.runtime)
      log_info("monopod", "setting changed", fields);
    else
      log_warn("monopod", "setting needs a restart: the old value stays", fields);
    waiting += c.runtime ? 0 : 1;
  }
  log_info("monopod", "configuration read again",
           {{"changed", changes.size() - waiting}, {"need_restart", waiting}});
}

// Called from the loop, so that a loop that is stuck is noticed.
void pod::state::keep_alive() {
  manager.alive();
  main_loop.after(manager.alive_period_ns(), [this] { keep_alive(); });
}

pod::pod(const config& conf, const std::set<stage_kind>& stages, const pod_options& options,
         std::unique_ptr<state_file> file)
    : state_(std::make_unique<state>(conf, stages, options, std::move(file))), kinds_(stages) {}

pod::~pod() = default;

pod::addresses pod::where() const {
  const auto& c = state_->conf;
  addresses a;
  if (kinds_.contains(stage_kind::gateway))
    a.cameras = c.gateway.listen.front();
  if (kinds_.contains(stage_kind::broker)) {
    a.apps = c.link.apps;
    a.applications = c.broker.listen.empty() ? "" : c.broker.listen.front();
    a.frames = c.link.frames;
    a.results = c.link.results;
  }
  a.http_port = state_->http ? state_->http->port() : std::uint16_t{0};
  return a;
}

void pod::stop() { state_->stages->stop(); }

int pod::run() {
  auto& s = *state_;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  const int fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  MONOPOD_ENSURE(fd >= 0, "signalfd");
  auto watch = s.main_loop.watch_fd(fd, POLLIN, [&s, fd](short) {
    signalfd_siginfo info{};
    while (read(fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      s.on_signal(info.ssi_signo);
  });
  if (s.manager.alive_period_ns() > 0)
    s.keep_alive();
  s.manager.ready(s.summary());
  std::vector<std::thread> threads;
  for (const auto& l : s.stages->own_loops())
    threads.emplace_back([host = l.host.get(), plugin = l.plugin] {
      if (plugin)
        give_way(vision_niceness);
      host->run();
    });
  s.main_loop.run();
  for (const auto& l : s.stages->own_loops())
    l.host->stop();
  for (auto& t : threads)
    t.join();
  watch.reset();
  close(fd);
  return s.exit_code;
}

} // namespace monopod
