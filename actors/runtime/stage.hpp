// A stage: a typed actor that lives on a loop and owns links and timers.
#pragma once

#include "actors/runtime/link.hpp"
#include "actors/runtime/loop.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

/// The wait before a stage tries again what can't be done yet: the queue is full, the address is
/// still taken.
constexpr std::uint64_t retry_ns = ns_per_ms;

/// Base of all stages; `Interface` is one of actors/interfaces.hpp. Everything in a stage runs on
/// its loop's thread: messages like any actor's, links and timers through the same activation, so
/// that an exception ends the stage (its monitors are told) and never crosses the loop. Links and
/// timers end with the stage.
template <class Interface>
class stage : public Interface::base {
public:
  using super = typename Interface::base;

  stage(caf::actor_config& cfg, loop& host) : super(cfg), loop_(host) {
    this->set_exception_handler([this](std::exception_ptr& e) { return failure(e); });
  }

  using super::enqueue;

  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) override {
    super::enqueue(std::move(element), &loop_);
  }

  void launch(caf::execution_unit*, bool lazy, bool hide) override {
    super::launch(&loop_, lazy, hide);
  }

  void on_exit() override {
    alive_.reset();
    links_.clear();
  }

protected:
  loop& host() { return loop_; }

  /// Opens a link whose messages go to `take`, which handles one message; lives as long as the
  /// stage.
  link& open_link(zmq::context_t& zmq_context, const link_options& options,
                  std::function<void(inbound&)> take) {
    links_.push_back(std::make_unique<link>(loop_, zmq_context, options,
                                            [this, take = std::move(take)](link& l) {
                                              bool more = false;
                                              run([&] { more = l.receive_some(take); });
                                              return more;
                                            }));
    return *links_.back();
  }

  /// Ends a link before its stage; what waits in it is lost.
  void close_link(link& one) {
    std::erase_if(links_, [&one](const auto& l) { return l.get() == &one; });
  }

  loop::timer_id after(std::uint64_t delay_ns, std::function<void()> f) {
    return loop_.after(delay_ns, guarded(std::move(f)));
  }

  /// Calls `f` every `period_ns`, first after one period.
  void every(std::uint64_t period_ns, std::function<void()> f) {
    after(period_ns, [this, period_ns, f = std::move(f)] {
      f();
      every(period_ns, f);
    });
  }

  void at_turn_end(std::function<void()> f) { loop_.at_turn_end(guarded(std::move(f))); }

  /// Runs `f` as if a message had arrived.
  template <class F>
  void run(F&& f) {
    if (!this->activate(&loop_))
      return;
    // Another thread that learns of our end may drop the last reference while we are still here:
    // `failed` keeps us alive.
    caf::strong_actor_ptr failed;
    try {
      std::forward<F>(f)();
    } catch (...) {
      failed = this->ctrl();
      this->quit(failure(std::current_exception()));
    }
    this->finalize();
  }

  /// The answer of a stage to fail_atom.
  [[noreturn]] static void fail_as_asked() { throw std::runtime_error("was asked to fail"); }

private:
  // The stage's exit reason for the supervisor: why and when (boot time).
  caf::error failure(const std::exception_ptr& thrown) {
    std::string what = "unknown exception";
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      what = e.what();
    } catch (...) { // what() stays unknown
    }
    log_error(this->name(), "stage failed", {{"error", what}});
    return caf::make_error(caf::sec::runtime_error, what, boottime_ns());
  }

  // A function that does nothing once the stage has ended.
  std::function<void()> guarded(std::function<void()> f) {
    return [this, life = std::weak_ptr<int>(alive_), f = std::move(f)] {
      if (auto alive = life.lock())
        run(f);
    };
  }

  loop& loop_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::vector<std::unique_ptr<link>> links_;
};

/// Spawns a stage on `host`. Any thread.
template <class Stage, class... Args>
typename Stage::super::actor_hdl spawn_stage(loop& host, Args&&... args) {
  caf::actor_config cfg{&host};
  return host.system().spawn_class<Stage, caf::no_spawn_options>(cfg, std::ref(host),
                                                                 std::forward<Args>(args)...);
}

} // namespace monopod
