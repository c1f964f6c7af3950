// The HTTP server: for Prometheus, for probes and for people.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/metrics.hpp"
#include "actors/runtime/loop.hpp"
#include "actors/runtime/roster.hpp"
#include "core/config/config.hpp"

#include <caf/actor_system.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct mg_context;
struct mg_connection;

namespace monopod {

/// Serves /metrics, /livez, /readyz, /startupz, /api/v1/status and a page for people at / on
/// civetweb's threads; with `debug` also POST /debug/kill-stage?name=NAME, which makes a stage
/// fail. POST /group/COMMAND?member=NAME is for the operator of a group (see
/// actors/group/group_commands.hpp), and for connections from this machine only unless `debug`. It
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
  std::uint16_t port() const { return port_; }

private:
  static int handle(mg_connection* connection, void* self);
  int respond(mg_connection* connection);
  void answer(mg_connection* connection, std::string_view path);
  void command(mg_connection* connection, std::string_view word, const char* query);
  void kill_stage(mg_connection* connection, const char* query);
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
  std::shared_ptr<prometheus::Collectable> process_metrics_;
  std::uint64_t started_ns_;
  std::atomic<bool> started_up_{false};
  std::uint16_t port_ = 0;
  mg_context* server_ = nullptr;
};

} // namespace monopod
