// The stages of one process: it makes them, and makes one again that has failed.
#pragma once

#include "actors/frames/delivery.hpp"
#include "actors/interfaces.hpp"
#include "actors/ledger/authority.hpp"
#include "actors/ledger/node_replica.hpp"
#include "actors/metrics.hpp"
#include "actors/platform/announcer.hpp"
#include "actors/runtime/loop.hpp"
#include "actors/runtime/roster.hpp"
#include "actors/runtime/supervisor.hpp"
#include "core/config/config.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace monopod {

enum class stage_kind {
  gateway,
  broker, // with the ledger stage
  vision,
  cloud,
  replicator // and the ledger, which it shares with the broker
};

/// Any set of stages on their loops, the supervisor over them, and what outlives each of them: the
/// ledger, the subscriptions, the addresses. Made, used and destroyed on the thread of `main`.
class pipeline {
public:
  /// `state`: the state file of a member of the group that `conf` describes, whose replicator is
  /// among `kinds`; else null. `on_done` gets the exit code once all stages have ended. Binds all
  /// sockets; throws std::runtime_error with the remedy if one can't be bound. `conf` is changed:
  /// it names the ports that the system chose from now on, so that a restarted stage is found where
  /// the first one was.
  pipeline(loop& main, zmq::context_t& zmq_context, config& conf, metrics& metrics,
           const std::set<stage_kind>& kinds, std::unique_ptr<state_file> state,
           std::function<void(int)> on_done);
  ~pipeline();
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;

  /// A member of a group leaves it first, so that another one takes over, within limits::leave_ms.
  /// Then all stages are asked to drain and end. Any thread; the first call counts.
  void stop();

  /// Takes over the settings that may change at run time (setting::runtime).
  void apply(const config& wanted);

  const roster& stages() const { return roster_; }

  /// The loops of the vision stages that have one of their own; the pipeline's owner runs them, on
  /// threads of its choice.
  struct own_loop {
    std::string name;
    std::unique_ptr<loop> host;
    bool plugin = false; // a plug-in's turns may take longer
  };
  const std::vector<own_loop>& own_loops() const { return own_loops_; }

private:
  void add(const std::string& name, const std::string& server, loop& host,
           std::function<observable()> start);
  void add_gateway();
  void add_visions();
  std::uint32_t stall_ms(bool plugin) const;
  void add_broker();
  void add_replicator();
  void tell_serving(std::uint64_t epoch);
  void leave();
  authority lead();

  // Destroyed from the last to the first: handles, then loops, then what they use.
  loop& main_;
  zmq::context_t& context_;
  config& conf_;
  metrics& metrics_;
  std::mutex vision_guard_; // conf_.vision, which other loops read when they start a stage
  std::optional<node_replica> replica_; // if broker or replicator is here
  bool grouped_ = false;
  bool leaving_ = false;
  std::uint64_t leave_until_ns_ = 0;
  subscription_book subscriptions_; // as the broker knows them; the ledger follows with its commit
  std::vector<own_loop> own_loops_;
  roster roster_;
  std::vector<supervised> supervised_;
  ledger_actor ledger_;
  broker_actor broker_;
  supervisor_actor head_;
  std::optional<announcer> announcer_; // if Kubernetes is to be told
};

} // namespace monopod
