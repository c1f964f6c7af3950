// The parts that tests of loops and stages share: an actor system, a ZeroMQ context and a loop that
// the test itself turns.
#pragma once

#include "actors/runtime/loop.hpp"
#include "core/clock.hpp"

#include <caf/all.hpp>
#include <zmq.hpp>

#include <functional>
#include <memory>

namespace monopod {

struct rig {
  struct system_config : caf::actor_system_config {
    system_config() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", std::size_t{1});
    }
  };

  system_config config;
  caf::actor_system system{config};
  zmq::context_t context;
  loop host{system, loop::options{}};

  /// Turns the loop until `done`. Returns false after ten seconds, which always fails the test, so
  /// that no result depends on that time.
  bool until(const std::function<bool()>& done) {
    const auto give_up_ns = boottime_ns() + 10 * ns_per_s;
    while (!done()) {
      if (boottime_ns() > give_up_ns)
        return false;
      host.run_once(10 * ns_per_ms);
    }
    return true;
  }

  ~rig() {
    while (host.run_once(0)) {
    }
  }
};

} // namespace monopod
