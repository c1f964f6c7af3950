// The supervisor: ends the process in order, and when a stage fails.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/stage.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace monopod {

/// A stage under supervision.
struct supervised {
  std::string name;
  observable stage;
};

/// On stop: nothing new is taken, what was taken is finished (limits::drain_ms at most), then the
/// stages end in the given order, and `done` is called on the loop's thread with the process's exit
/// code. A stage that ends by itself has failed: the others are stopped and the exit code is 1.
class supervisor final : public stage<supervisor_actor> {
public:
  supervisor(caf::actor_config& cfg, loop& host, std::vector<supervised> stages,
             std::function<void(int)> on_done);

  const char* name() const override { return "supervisor"; }
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  void stop();
  void ask_busy();
  void end_stages();
  void on_down(const caf::down_msg& down);

  std::vector<supervised> stages_;
  std::function<void(int)> done_;
  std::size_t alive_;
  std::size_t unanswered_ = 0;
  bool any_busy_ = false;
  bool stopping_ = false;
  bool ending_ = false;
  std::uint64_t deadline_ns_ = 0;
  int exit_code_ = 0;
};

} // namespace monopod
