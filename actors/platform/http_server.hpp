// The HTTP server: for Prometheus, for probes and for people.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/metrics.hpp"
#include "actors/platform/http_listener.hpp"
#include "actors/platform/http_worker.hpp"
#include "actors/runtime/loop.hpp"
#include "actors/runtime/roster.hpp"
#include "core/config/config.hpp"
#include "core/limits.hpp"

#include <caf/actor_system.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace monopod {

/// Serves /metrics, /livez, /readyz, /startupz, /api/v1/status and a page for people at /; with
/// `debug` also POST /debug/kill-stage?name=NAME, which makes a stage fail. POST
/// /group/COMMAND?member=NAME is for the operator of a group (see actors/group/group_commands.hpp),
/// and POST /forget/camera?name=NAME, /forget/app?name=NAME for that of a node, both for
/// connections from this machine only unless `debug`. All but the probes must be asked for under an
/// address or a name of this node (host_is_ours).
///
/// One thread has all connections; probes and questions have a thread each, commands up to
/// limits::http_command_threads, so that none of them, and no slow client, holds up a probe. It
/// asks the stages by message and never touches their state; a stage or loop that does not answer
/// within a second counts as not alive or not ready. Constructed and destroyed on one thread, while
/// the loops exist. Throws std::runtime_error if the address can't be bound.
class http_server {
public:
  using watched_loops = std::vector<std::pair<std::string, loop*>>; // by name

  http_server(caf::actor_system& system, const config& conf, metrics& metrics, const roster& stages,
              watched_loops loops, bool debug);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// The port it listens on.
  std::uint16_t port() const { return listener_.port(); }

private:
  // The answer to a request, and a function to run once the answer has left.
  struct outcome {
    http_reply reply;
    std::function<void()> afterwards = {};
  };
  // An answer of the loops or stages, shared by the requests within limits::http_probe_ms.
  template <class Answer>
  struct finding {
    std::uint64_t at_ns = 0; // 0: never
    Answer answer = {};

    template <class Examine>
    const Answer& now(Examine examine);
  };

  void take(std::uint64_t id, http_request request);
  void work(std::uint64_t id, const http_request& request);
  outcome respond(const http_request& request);
  http_reply probe(std::string_view path);
  http_reply answer(const http_request& request);
  template <class Stage, class... Command>
  std::optional<http_reply> carry_out(std::string_view stage, const Command&... what);
  std::optional<http_reply> refuse_command(const http_request& request) const;
  http_reply command(const http_request& request, std::string_view word);
  template <class Stage>
  http_reply forget(const http_request& request, std::string_view stage);
  outcome kill_stage(const http_request& request);
  std::string metrics_text() const;
  std::string status_json();
  bool loops_turn() const;
  template <class Question, class Take, class Fail>
  void ask_stages(Question question, Take take, Fail fail);
  bool stages_ready();
  wire::StatusT collect_status();

  caf::actor_system& system_;
  const config& conf_;
  metrics& metrics_;
  const roster& roster_;
  watched_loops loops_;
  bool debug_;
  std::vector<std::string> names_; // under which this node may be asked for
  std::shared_ptr<prometheus::Collectable> process_metrics_;
  std::uint64_t started_ns_;
  // Of the probes' thread.
  finding<bool> live_;
  finding<bool> ready_;
  bool started_up_ = false;
  // Of the questions' thread.
  finding<std::string> status_;

  loop loop_; // before what lives on it
  http_listener listener_;
  http_worker probes_;
  http_worker questions_;
  // A command may wait for its outcome (limits::group_command_ms), and the next one may be what
  // decides it.
  http_worker commands_{limits::http_command_threads};
  std::thread thread_; // the loop's
};

} // namespace monopod
