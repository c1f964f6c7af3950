// The pod: puts the stages of one process together.
#pragma once

#include "actors/ledger/state_file.hpp"
#include "actors/pipeline.hpp"
#include "core/config/config.hpp"
#include "core/config/config_loader.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

struct pod_options {
  bool debug = false; // stages may be made to fail, over HTTP
  /// Reads the configuration again on SIGHUP; none: SIGHUP is only logged. Called on the loop.
  std::function<tl::expected<config, std::vector<config_mistake>>()> reload = {};
};

/// Runs any set of stages as one CAF actor system with one ZeroMQ context: all of them, or some,
/// linked to the others' processes by ipc or tcp endpoints (config::link). Constructed, run and
/// destroyed on one thread, with SIGTERM, SIGINT and SIGHUP blocked in all threads. Reports its
/// state to the service manager (systemd).
class pod {
public:
  /// Binds all sockets; throws std::runtime_error with the remedy if one can't be bound. `file`: a
  /// member's state file, which the pipeline takes.
  pod(const config& conf, const std::set<stage_kind>& stages, const pod_options& options = {},
      std::unique_ptr<state_file> file = nullptr);
  ~pod();

  /// Runs until SIGTERM, SIGINT or a stage that keeps failing; returns the process's exit code.
  int run();

  /// Asks run() to end, like SIGTERM. Any thread.
  void stop();

  /// The addresses that are bound, with the ports that the system chose; empty or 0 if the stage is
  /// not here.
  struct addresses {
    std::string cameras;
    std::string apps;
    std::string applications; // in other processes
    std::string frames;
    std::string results;
    std::uint16_t http_port = 0;
  };
  addresses where() const;

private:
  struct state;
  std::unique_ptr<state> state_;
  std::set<stage_kind> kinds_;
};

} // namespace monopod
