#include "actors/pod.hpp"

#include "actors/broker.hpp"
#include "actors/cloud_bridge.hpp"
#include "actors/gateway.hpp"
#include "actors/keeper.hpp"
#include "actors/loop.hpp"
#include "actors/metrics.hpp"
#include "actors/observer.hpp"
#include "actors/supervisor.hpp"
#include "actors/vision.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"

#include <caf/actor_system_config.hpp>

#include <csignal>
#include <optional>
#include <sys/signalfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace monopod {

namespace {

struct system_config : caf::actor_system_config {
  system_config() {
    // One worker that sleeps: the stages live on our loops, and stealing workers would poll.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

struct context_deleter {
  void operator()(void* context) const { zmq_ctx_term(context); }
};

// A loop with its thread.
struct loop_thread {
  std::string name;
  std::unique_ptr<loop> host;
  std::thread thread;
};

template <class Stage>
Stage& object_of(const typename Stage::super::actor_hdl& handle) {
  return *static_cast<Stage*>(caf::actor_cast<caf::abstract_actor*>(handle));
}

} // namespace

struct pod::state {
  explicit state(const config& c)
      : conf(c), system(system_conf), context(zmq_ctx_new()),
        main_loop(system, {.spin_us = c.loop.spin_us, .stall_ms = c.loop.stall_ms}) {
    zmq_ctx_set(context.get(), ZMQ_IO_THREADS, static_cast<int>(c.loop.io_threads));
    zmq_ctx_set(context.get(), ZMQ_MAX_SOCKETS, limits::max_sockets);
  }

  template <class Stage, class... Args>
  typename Stage::super::actor_hdl add(const std::string& name, loop& host, Args&&... args) {
    auto handle = spawn_stage<Stage>(host, context.get(), std::forward<Args>(args)...);
    stages.push_back({name, handle});
    return handle;
  }

  void add_visions();

  // Destroyed from the last to the first: handles, then loops, then what they use.
  config conf;
  metrics counts;
  system_config system_conf;
  caf::actor_system system;
  std::unique_ptr<void, context_deleter> context;
  loop main_loop;
  std::vector<loop_thread> vision_loops;
  std::vector<supervised> stages;
  addresses where;
  std::optional<observer> http;
  supervisor_actor head;
  int exit_code = 0;
};

void pod::state::add_visions() {
  for (const auto& [app, v] : conf.vision) {
    auto* host = &main_loop;
    if (v.own_thread) {
      const loop::options options{.spin_us = conf.loop.spin_us, .stall_ms = conf.loop.stall_ms};
      vision_loops.push_back({app, std::make_unique<loop>(system, options), {}});
      host = vision_loops.back().host.get();
    }
    add<vision>("vision." + app, *host, app, std::cref(conf), std::ref(counts));
  }
}

pod::pod(const config& conf, const std::set<stage_kind>& stages)
    : state_(std::make_unique<state>(conf)) {
  auto& s = *state_;
  const auto has = [&](stage_kind kind) { return stages.contains(kind); };
  // In the order in which they end: what feeds others first, what saves results last.
  if (has(stage_kind::gateway)) {
    const auto h = s.add<gateway>("gateway", s.main_loop, std::cref(s.conf), std::ref(s.counts));
    s.where.cameras = object_of<gateway>(h).camera_endpoint();
  }
  if (has(stage_kind::vision))
    s.add_visions();
  if (has(stage_kind::broker)) {
    const auto k = s.add<keeper>("ledger", s.main_loop, std::cref(s.conf), std::ref(s.counts));
    const auto b = s.add<broker>("broker", s.main_loop, std::cref(s.conf), std::ref(s.counts), k);
    s.where.apps = object_of<broker>(b).app_endpoint();
    s.where.applications = object_of<broker>(b).listen_endpoint();
    s.where.frames = object_of<broker>(b).frames_endpoint();
    s.where.results = object_of<keeper>(k).results_endpoint();
  }
  if (has(stage_kind::cloud))
    s.add<cloud_bridge>("cloud", s.main_loop, std::cref(s.conf), std::ref(s.counts));

  if (!s.conf.http.listen.empty()) {
    observer::watched watched;
    for (const auto& st : s.stages) {
      watched.stage_names.push_back(st.name);
      watched.stages.push_back(st.stage);
    }
    watched.loops.emplace_back("main", &s.main_loop);
    for (const auto& v : s.vision_loops)
      watched.loops.emplace_back(v.name, v.host.get());
    s.http.emplace(s.system, s.conf, s.counts, std::move(watched));
    s.where.http_port = s.http->port();
  }
  s.head = spawn_stage<supervisor>(s.main_loop, s.stages, [&s](int code) {
    s.exit_code = code;
    s.main_loop.stop();
  });
}

pod::~pod() {
  auto& s = *state_;
  s.http.reset();
  for (auto& st : s.stages) // where run() never came to it
    caf::anon_send_exit(st.stage, caf::exit_reason::kill);
  caf::anon_send_exit(s.head, caf::exit_reason::kill);
  while (s.main_loop.run_once(0)) {
  }
}

const pod::addresses& pod::where() const { return state_->where; }

void pod::stop() { caf::anon_send(state_->head, stop_atom::value); }

int pod::run() {
  auto& s = *state_;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  const int fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  MONOPOD_ENSURE(fd >= 0, "signalfd");
  auto watch = s.main_loop.watch_fd(fd, POLLIN, [this, fd](short) {
    signalfd_siginfo info{};
    while (read(fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      stop();
  });
  for (auto& v : s.vision_loops)
    v.thread = std::thread([&v] { v.host->run(); });
  s.main_loop.run();
  for (auto& v : s.vision_loops) {
    v.host->stop();
    v.thread.join();
  }
  watch.reset();
  close(fd);
  return s.exit_code;
}

} // namespace monopod
