#include "actors/runtime/supervisor.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t ask_period_ns = 5 * ns_per_ms;

// When the stage failed, as its exit reason says (stage::failure).
std::uint64_t failed_ns(const caf::error& reason) {
  const auto& context = reason.context();
  return context.match_elements<std::string, std::uint64_t>() ? context.get_as<std::uint64_t>(1)
                                                              : boottime_ns();
}

} // namespace

supervisor::supervisor(caf::actor_config& cfg, loop& host, std::vector<supervised> stages,
                       roster& seen, metrics& metrics, std::function<void(int)> on_done)
    : stage(cfg, host), roster_(seen), done_(std::move(on_done)) {
  for (auto& s : stages) {
    auto& total = metrics.stage_restarts(s.name);
    children_.push_back({{std::move(s)}, true, {}, 0, 0, &total});
  }
}

supervisor::behavior_type supervisor::make_behavior() {
  set_down_handler([this](const caf::down_msg& down) { on_down(down); });
  for (const auto& c : children_)
    monitor(c.stage);
  return {[this](stop_atom) { stop(); },
          [this](started_atom, std::size_t which, const observable& s) { on_started(which, s); },
          [this](started_atom, std::size_t which, const std::string& why) {
            on_not_started(which, why);
          }};
}

// -- stopping

void supervisor::stop() {
  if (std::exchange(stopping_, true))
    return;
  log_info(name(), "stopping: finishing what was taken", {{"limit_ms", limits::drain_ms}});
  deadline_ns_ = boottime_ns() + limits::drain_ms * ns_per_ms;
  for (const auto& c : children_)
    send(c.stage, drain_atom::value);
  ask_busy();
}

void supervisor::ask_busy() {
  any_busy_ = false;
  unanswered_ = children_.size();
  const auto answered = [this](bool busy) {
    any_busy_ = any_busy_ || busy;
    if (--unanswered_ > 0)
      return;
    if (!any_busy_ || boottime_ns() >= deadline_ns_)
      end_stages();
    else
      after(ask_period_ns, [this] { ask_busy(); });
  };
  for (const auto& c : children_)
    request(c.stage, std::chrono::milliseconds(limits::drain_ms), busy_atom::value)
        .then(answered, [answered](const caf::error&) { answered(false); });
}

void supervisor::end_stages() {
  if (std::exchange(ending_, true))
    return;
  if (any_busy_)
    log_warn(name(), "stopped with unfinished work: cameras and outbox keep what is not confirmed");
  for (const auto& c : children_)
    send_exit(c.stage, caf::exit_reason::user_shutdown);
  quit_if_done();
}

void supervisor::quit_if_done() {
  if (ending_ && starting_ == 0 && std::ranges::none_of(children_, &child::alive))
    quit();
}

void supervisor::on_exit() {
  children_.clear();
  stage::on_exit();
  done_(exit_code_);
}

// -- failures

void supervisor::on_down(const caf::down_msg& down) {
  const auto which = std::ranges::find_if(
      children_, [&](const auto& c) { return c.stage.address() == down.source; });
  if (which == children_.end())
    return;
  which->alive = false;
  if (ending_) {
    quit_if_done();
    return;
  }
  if (!within_budget(*which, failed_ns(down.reason))) {
    log_error(name(), "stage failed too often: the process ends",
              {{"failed", which->name},
               {"reason", system().render(down.reason)},
               {"restarts", limits::stage_restarts},
               {"within_s", limits::stage_restarts_within_s}});
    end_with_failure();
    return;
  }
  which->give_up_ns = boottime_ns() + limits::stage_start_ms * ns_per_ms;
  ++starting_;
  start(static_cast<std::size_t>(which - children_.begin()));
}

void supervisor::end_with_failure() {
  exit_code_ = 1;
  end_stages();
}

bool supervisor::within_budget(child& c, std::uint64_t at_ns) {
  while (!c.failures_ns.empty() &&
         c.failures_ns.front() + limits::stage_restarts_within_s * ns_per_s < at_ns)
    c.failures_ns.pop_front();
  c.failures_ns.push_back(at_ns);
  return c.failures_ns.size() <= limits::stage_restarts;
}

// A stage that lives on another loop is made on that loop's thread.
void supervisor::start(std::size_t which) {
  const auto& c = children_[which];
  const auto attempt = [self = supervisor_actor(this), which, f = c.start] {
    try {
      caf::anon_send(self, started_atom::value, which, f());
    } catch (const std::exception& e) {
      caf::anon_send(self, started_atom::value, which, std::string(e.what()));
    }
  };
  if (c.host == &host())
    attempt();
  else if (!c.host->remote()->post(attempt))
    on_not_started(which, "its loop takes no more work");
}

void supervisor::on_not_started(std::size_t which, const std::string& why) {
  const auto& c = children_[which];
  if (!ending_ && boottime_ns() < c.give_up_ns) { // the system frees an address in its own time
    after(retry_ns, [this, which] { start(which); });
    return;
  }
  --starting_;
  log_error(name(), "stage can't be restarted: the process ends",
            {{"failed", c.name}, {"reason", why}});
  end_with_failure();
  quit_if_done();
}

void supervisor::on_started(std::size_t which, const observable& s) {
  auto& c = children_[which];
  --starting_;
  c.stage = s;
  c.alive = true;
  monitor(s);
  c.restarts_total->Increment();
  c.restarts = roster_.replace(c.name, s);
  if (ending_) {
    send_exit(s, caf::exit_reason::user_shutdown);
    return;
  }
  if (stopping_)
    send(s, drain_atom::value);
  for (const auto& other : children_)
    if (other.server == c.name)
      send(other.stage, attach_atom::value);
  ask_ready(which, c.restarts);
}

// Says when the stage is at work again: its links are attached.
void supervisor::ask_ready(std::size_t which, std::uint64_t restarts) {
  const auto answered = [this, which, restarts](bool ready) {
    const auto& c = children_[which];
    if (c.restarts != restarts || !c.alive)
      return;
    const auto now_ns = boottime_ns();
    const double restart_ms = static_cast<double>(now_ns - c.failures_ns.back()) * 1e-6;
    if (ready)
      log_info(name(), "stage restarted",
               {{"restarted", c.name}, {"restarts", restarts}, {"restart_ms", restart_ms}});
    else if (now_ns >= c.give_up_ns)
      log_warn(name(), "stage restarted, but what it attaches to does not answer",
               {{"restarted", c.name}, {"restarts", restarts}});
    else
      after(retry_ns, [this, which, restarts] { ask_ready(which, restarts); });
  };
  request(children_[which].stage, std::chrono::milliseconds(limits::stage_start_ms),
          ready_atom::value)
      .then(answered, [](const caf::error&) {}); // it failed again
}

} // namespace monopod
