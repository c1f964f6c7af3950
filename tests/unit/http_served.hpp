// A real HTTP server on loopback, with stages that a test plays.
#pragma once

#include "actors/group/group_commands.hpp"
#include "actors/platform/http_server.hpp"
#include "actors/runtime/stage.hpp"
#include "core/log.hpp"
#include "tools/harness/servers.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace monopod {

struct served {
  served() { log_init(log_level::off, log_format::text); }
  ~served() {
    roster_of_stages.for_each(
        [](const roster::entry& e) { caf::anon_send_exit(e.stage, caf::exit_reason::kill); });
    stages.stop();
    turning.join();
    while (stages.run_once(0)) {
    }
  }

  config conf = [] {
    config c;
    c.http.listen = "127.0.0.1:0";
    c.http.names = {"pi.lan"};
    c.node = "pi-a";
    return c;
  }();
  monopod::metrics metrics;
  caf::actor_system_config system_conf;
  caf::actor_system system{system_conf};
  roster roster_of_stages;
  loop stages{system, loop::options{}}; // as in a pod, on a thread of their own
  std::thread turning{[this] { stages.run(); }};
  http_server server{system, conf, metrics, roster_of_stages, {}, true};

  http_answer post(const std::string& path) { return harness::http(server.port(), path, "POST"); }
  bool alive() { return harness::http(server.port(), "/livez").body == "ok\n"; }
};

struct question {
  group_verb verb;
  std::string member;
};

// The replicator's questions, noted on its thread.
class questions {
public:
  void note(question q) {
    const std::lock_guard guard{mutex_};
    all_.push_back(std::move(q));
  }
  // The questions since the last call.
  std::vector<question> take() {
    const std::lock_guard guard{mutex_};
    return std::exchange(all_, {});
  }

private:
  std::mutex mutex_;
  std::vector<question> all_;
};

// A replicator that HTTP asks: for its status, whether it is ready, and to carry out a command.
template <class Status, class Ready, class Group>
replicator_actor::behavior_type asked_replicator(Status on_status, Ready on_ready, Group on_group) {
  return {
      std::move(on_status),
      std::move(on_ready),
      [](drain_atom) {},
      [](busy_atom) { return false; },
      [](attach_atom) {},
      [](fail_atom) {},
      [](serve_atom, std::uint64_t) {},
      std::move(on_group),
  };
}

// Answers any question of an operator, and remembers it: it asks one at a time.
inline replicator_actor::behavior_type answering(const std::string& text,
                                                 questions* asked = nullptr) {
  return asked_replicator([](status_atom) { return std::make_shared<const wire::StatusT>(); },
                          [](ready_atom) { return true; },
                          [text, asked](group_atom, group_verb verb, const std::string& member)
                              -> caf::result<bool, std::string> {
                            if (asked != nullptr)
                              asked->note({verb, member});
                            return {true, text};
                          });
}

// A replicator that behaves as the test wants.
class player final : public stage<replicator_actor> {
public:
  using behaviour = std::function<behavior_type(player*)>;

  player(caf::actor_config& cfg, loop& host, behaviour make)
      : stage(cfg, host), make_(std::move(make)) {}
  const char* name() const override { return "player"; }
  behavior_type make_behavior() override { return make_(this); }

private:
  behaviour make_;
};

inline replicator_actor spawn_answering(loop& host, const std::string& text,
                                        questions* asked = nullptr) {
  return spawn_stage<player>(host, [text, asked](player*) { return answering(text, asked); });
}

} // namespace monopod
