#include "actors/pipeline.hpp"

#include "actors/cloud/cloud_stage.hpp"
#include "actors/frames/broker.hpp"
#include "actors/frames/gateway.hpp"
#include "actors/group/replicator.hpp"
#include "actors/ledger/ledger_stage.hpp"
#include "actors/vision/vision.hpp"
#include "core/clock.hpp"
#include "core/config/config_changes.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/random.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr std::string_view vision_prefix = "vision.";

template <class Stage>
Stage& object_of(const typename Stage::super::actor_hdl& handle) {
  return *static_cast<Stage*>(caf::actor_cast<caf::abstract_actor*>(handle));
}

// The addresses are not written any more once the system has chosen a port: other loops read them.
template <class T>
void keep(T& address, const T& bound) {
  if (address != bound)
    address = bound;
}

} // namespace

pipeline::pipeline(loop& main, zmq::context_t& zmq_context, config& conf, metrics& metrics,
                   const std::set<stage_kind>& kinds, std::unique_ptr<state_file> state,
                   std::function<void(int)> on_done)
    : main_(main), context_(zmq_context), conf_(conf), metrics_(metrics),
      grouped_(state != nullptr) {
  if (kinds.contains(stage_kind::broker) || grouped_) {
    replica_.emplace(main_, conf_, metrics_, std::move(state));
    subscriptions_ = replica_->state().subscriptions();
    replica_->on_serving([this](std::uint64_t epoch) { tell_serving(epoch); });
  }
  // In the order in which they end: the stages that feed others first, those that save results
  // last.
  if (kinds.contains(stage_kind::gateway))
    add_gateway();
  if (kinds.contains(stage_kind::vision))
    add_visions();
  if (kinds.contains(stage_kind::broker))
    add_broker();
  if (kinds.contains(stage_kind::cloud))
    add("cloud", "ledger", main_, [this]() -> observable {
      return spawn_stage<cloud_stage>(main_, std::ref(context_), std::cref(conf_),
                                      std::ref(metrics_), lead());
    });
  if (grouped_)
    add_replicator();
  head_ = spawn_stage<supervisor>(main_, std::move(supervised_), std::ref(roster_),
                                  std::ref(metrics_), std::move(on_done));
  if (replica_ && !conf_.kubernetes.service.empty()) {
    announcer_.emplace(conf_);
    announcer_->serves(replica_->serving());
  }
}

pipeline::~pipeline() {
  roster_.for_each([](const roster::entry& e) { // if it has not ended by itself
    caf::anon_send_exit(e.stage, caf::exit_reason::kill);
  });
  caf::anon_send_exit(head_, caf::exit_reason::kill);
  for (const auto& l : own_loops_)
    while (l.host->run_once(0)) {
    }
  while (main_.run_once(0)) {
  }
}

void pipeline::stop() {
  if (!grouped_ || !main_.remote()->post([this] {
        if (!std::exchange(leaving_, true)) {
          leave_until_ns_ = boottime_ns() + limits::leave_ms * ns_per_ms;
          replica_->step(input::leave{});
          leave();
        }
      }))
    caf::anon_send(head_, stop_atom::value);
}

// Rule C2. A node without followers has nobody to wait for.
void pipeline::leave() {
  const auto& core = replica_->core();
  const bool alone = core.what() == replica::role::primary && core.followers().empty();
  if (!core.holds_ledger() || core.has_left() || alone || boottime_ns() >= leave_until_ns_)
    caf::anon_send(head_, stop_atom::value);
  else
    main_.after(ns_per_ms, [this] { leave(); });
}

authority pipeline::lead() { return replica_ ? authority(*replica_) : authority(); }

// In the order of the roster. A stage whose mailbox another thread has just filled hears it a turn
// later, after what others have sent to it since. Gateway and broker then begin anew with each
// other; the cloud stage looks for itself whether it is late.
void pipeline::tell_serving(std::uint64_t epoch) {
  subscriptions_ = replica_->state().subscriptions();
  roster_.for_each(
      [epoch](const roster::entry& e) { caf::anon_send(e.stage, serve_atom::value, epoch); });
  if (announcer_)
    announcer_->serves(epoch);
}

void pipeline::apply(const config& wanted) {
  {
    const std::lock_guard guard{vision_guard_};
    take_runtime(conf_, wanted);
  }
  main_.set_stall_ms(conf_.loop.stall_ms);
  for (const auto& l : own_loops_)
    if (!l.host->remote()->post(
            [host = l.host.get(), ms = stall_ms(l.plugin)] { host->set_stall_ms(ms); }))
      log_warn("pipeline", "a loop accepts no more work and keeps its settings",
               {{"loop", l.name}});
  if (broker_)
    caf::anon_send(broker_, reload_atom::value);
  roster_.for_each([this](const roster::entry& e) {
    if (e.name.starts_with(vision_prefix))
      caf::anon_send(caf::actor_cast<vision_actor>(e.stage), reload_atom::value,
                     conf_.vision.at(e.name.substr(vision_prefix.size())));
  });
}

void pipeline::add(const std::string& name, const std::string& server, loop& host,
                   std::function<observable()> start) {
  auto stage = start();
  roster_.add(name, stage);
  supervised_.push_back({name, server, &host, std::move(start), std::move(stage)});
}

std::uint32_t pipeline::stall_ms(bool plugin) const {
  return std::max(conf_.loop.stall_ms, plugin ? limits::plugin_stall_ms : 0);
}

void pipeline::add_gateway() {
  add("gateway", "broker", main_, [this]() -> observable {
    auto h = spawn_stage<gateway>(main_, std::ref(context_), std::cref(conf_), std::ref(metrics_),
                                  lead());
    keep(conf_.gateway.listen, object_of<gateway>(h).camera_endpoints());
    return h;
  });
}

void pipeline::add_visions() {
  for (const auto& [name, v] : conf_.vision) {
    auto* host = &main_;
    if (const bool plugin = v.has_plugin(); plugin || v.own_thread) {
      const loop::options options{.spin_us = plugin ? 0 : conf_.loop.spin_us,
                                  .stall_ms = stall_ms(plugin)};
      own_loops_.push_back({name, std::make_unique<loop>(main_.system(), options), plugin});
      host = own_loops_.back().host.get();
    }
    add(std::string(vision_prefix) + name, "broker", *host,
        [this, host, app = std::string(name), session = random_u64()]() -> observable {
          vision_config now;
          {
            const std::lock_guard guard{vision_guard_};
            now = conf_.vision.at(app);
          }
          return spawn_stage<vision>(*host, std::ref(context_), app, conf_.link.apps, now,
                                     std::ref(metrics_), session);
        });
  }
}

void pipeline::add_replicator() {
  add("replicator", "", main_, [this]() -> observable {
    return spawn_stage<replicator>(main_, std::ref(context_), std::cref(conf_), std::ref(metrics_),
                                   std::ref(*replica_));
  });
}

void pipeline::add_broker() {
  add("ledger", "", main_, [this]() -> observable {
    ledger_ = spawn_stage<ledger_stage>(main_, std::ref(context_), std::cref(conf_),
                                        std::ref(metrics_), std::ref(*replica_));
    keep(conf_.link.results, object_of<ledger_stage>(ledger_).results_endpoint());
    caf::anon_send(broker_, attach_atom::value, ledger_); // if there is one already
    return ledger_;
  });
  add("broker", "", main_, [this]() -> observable {
    broker_ = spawn_stage<broker>(main_, std::ref(context_), std::cref(conf_), std::ref(metrics_),
                                  ledger_, std::ref(subscriptions_), lead());
    const auto& b = object_of<broker>(broker_);
    keep(conf_.link.frames, b.frames_endpoint());
    keep(conf_.link.apps, b.app_endpoints().front());
    keep(conf_.broker.listen, {b.app_endpoints().begin() + 1, b.app_endpoints().end()});
    return broker_;
  });
}

} // namespace monopod
