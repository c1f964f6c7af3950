// The supervisor: starts a stage that failed again, and ends the process in order.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/metrics.hpp"
#include "actors/runtime/roster.hpp"
#include "actors/runtime/stage.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace monopod {

/// A stage under supervision, and how to start it.
struct supervised {
  std::string name;
  std::string server; // name of the stage that it attaches to; empty: none
  loop* host = nullptr;
  std::function<observable()> start; // on host's thread; throws while an address is still taken
  observable stage;                  // its first incarnation
};

/// A stage that ends by itself has failed: it is started again on its own loop, and the stages that
/// it serves are told to attach anew. One that fails too often (limits::stage_restarts) ends the
/// process with exit code 1. On stop: nothing new is taken, what was taken is finished
/// (limits::drain_ms at most), then the stages end in the given order, and `done` is called on the
/// loop's thread with the process's exit code.
class supervisor final : public stage<supervisor_actor> {
public:
  supervisor(caf::actor_config& cfg, loop& host, std::vector<supervised> stages, roster& seen,
             metrics& metrics, std::function<void(int)> on_done);

  const char* name() const override { return "supervisor"; }
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  struct child : supervised {
    bool alive = true;
    std::deque<std::uint64_t> failures_ns; // within limits::stage_restarts_within_s
    std::uint64_t give_up_ns = 0;          // starting it
    std::uint64_t restarts = 0;
    prometheus::Counter* restarts_total = nullptr;
  };

  void stop();
  void ask_busy();
  void end_stages();
  void quit_if_done();

  void on_down(const caf::down_msg& down);
  static bool within_budget(child& c, std::uint64_t at_ns);
  void end_with_failure();
  void start(std::size_t which);
  void on_started(std::size_t which, const observable& stage);
  void on_not_started(std::size_t which, const std::string& why);
  void ask_ready(std::size_t which, std::uint64_t restarts);

  std::vector<child> children_;
  roster& roster_;
  std::function<void(int)> done_;
  std::size_t starting_ = 0;
  std::size_t unanswered_ = 0;
  bool any_busy_ = false;
  bool stopping_ = false;
  bool ending_ = false;
  std::uint64_t deadline_ns_ = 0;
  int exit_code_ = 0;
};

} // namespace monopod
