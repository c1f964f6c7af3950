#include "actors/supervisor.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t ask_period_ns = 5 * ns_per_ms;

} // namespace

supervisor::supervisor(caf::actor_config& cfg, loop& host, std::vector<supervised> stages,
                       std::function<void(int)> on_done)
    : stage(cfg, host), stages_(std::move(stages)), done_(std::move(on_done)),
      alive_(stages_.size()) {}

supervisor::behavior_type supervisor::make_behavior() {
  set_down_handler([this](const caf::down_msg& down) { on_down(down); });
  for (const auto& s : stages_)
    monitor(s.stage);
  return {[this](stop_atom) { stop(); }};
}

void supervisor::stop() {
  if (std::exchange(stopping_, true))
    return;
  log_info(name(), "stopping: finishing what was taken", {{"limit_ms", limits::drain_ms}});
  deadline_ns_ = boottime_ns() + limits::drain_ms * ns_per_ms;
  for (const auto& s : stages_)
    send(s.stage, drain_atom::value);
  ask_busy();
}

void supervisor::ask_busy() {
  any_busy_ = false;
  unanswered_ = stages_.size();
  const auto answered = [this](bool busy) {
    any_busy_ = any_busy_ || busy;
    if (--unanswered_ > 0)
      return;
    if (!any_busy_ || boottime_ns() >= deadline_ns_)
      end_stages();
    else
      after(ask_period_ns, [this] { ask_busy(); });
  };
  for (const auto& s : stages_)
    request(s.stage, std::chrono::milliseconds(limits::drain_ms), busy_atom::value)
        .then(answered, [answered](const caf::error&) { answered(false); });
}

void supervisor::end_stages() {
  if (std::exchange(ending_, true))
    return;
  if (any_busy_)
    log_warn(name(), "stopped with unfinished work: cameras and outbox keep what is not confirmed");
  for (const auto& s : stages_)
    send_exit(s.stage, caf::exit_reason::user_shutdown);
}

void supervisor::on_down(const caf::down_msg& down) {
  const auto which = std::ranges::find_if(
      stages_, [&](const auto& s) { return s.stage.address() == down.source; });
  if (!ending_) {
    const std::string stage_name = which == stages_.end() ? "?" : which->name;
    log_error(name(), "stage ended: stopping",
              {{"failed", stage_name}, {"reason", system().render(down.reason)}});
    exit_code_ = 1;
    end_stages();
  }
  if (--alive_ == 0)
    quit();
}

void supervisor::on_exit() {
  stages_.clear();
  stage::on_exit();
  done_(exit_code_);
}

} // namespace monopod
