#include "tools/experiment/node_loss.hpp"

#include "core/clock.hpp"
#include "programs/program.hpp"
#include "tools/experiment/outage.hpp"
#include "tools/experiment/receiver.hpp"
#include "tools/experiment/system.hpp"
#include "tools/load/fleet.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <stdexcept>

namespace monopod::experiment {

namespace {

constexpr double before_s = 5;
constexpr double after_s = 10;
constexpr const char* app_host = "apps";

std::vector<std::string> hosts() {
  auto all = group_nodes;
  all.insert(all.end(), {camera_host, app_host, cloud_host});
  return all;
}

// A camera that takes care of its connection all the time.
class paced_camera {
public:
  paced_camera(frame_sender& to, const settings& s)
      : to_(to), bytes_(s.average_bytes), period_ns_(static_cast<std::uint64_t>(1e9 / s.fps)),
        next_ns_(boottime_ns()) {}

  void stream(std::uint64_t frames) {
    for (std::uint64_t n = 0; n < frames; ++n, next_ns_ += period_ns_) {
      rest_until(next_ns_);
      // The stamp is the time when the frame is due, even if the sender was blocked: a camera's
      // time goes on.
      sent_ns_.push_back(realtime_ns() - (boottime_ns() - next_ns_));
      to_.send(0, make_body({sent_ns_.back(), 0, sent_ns_.size() - 1}, bytes_));
    }
  }
  // Rests until a moment in the first half of the period that has begun; the clock's last digits
  // choose it.
  void rest_for_a_while() { rest_until(next_ns_ - period_ns_ + realtime_ns() % (period_ns_ / 2)); }
  const std::vector<std::uint64_t>& sent_ns() const { return sent_ns_; }

private:
  void rest_until(std::uint64_t due_ns) {
    constexpr std::uint64_t step_ns = ns_per_ms;
    do {
      if (stop_requested > 0)
        throw std::runtime_error("stopped");
      to_.look_after(0);
      sleep_until(std::min(due_ns, boottime_ns() + step_ns));
    } while (boottime_ns() < due_ns);
  }

  frame_sender& to_;
  std::uint64_t bytes_;
  std::uint64_t period_ns_;
  std::uint64_t next_ns_;
  std::vector<std::uint64_t> sent_ns_; // when the frames were due, by number
};

sample_table to_table(const sample_table& received, const std::vector<std::uint64_t>& sent_ns,
                      std::uint64_t failed_ns, const settings& s) {
  sample_table t{.columns = {"seq", "sent_s", "came_s", "to_app_ms", "period_s", "end_s"},
                 .rows = {}};
  const auto end_s = seconds_between(failed_ns, sent_ns.back());
  std::set<double> there;
  for (const auto& row : received.rows) {
    const auto number = row[1];
    const auto to_app_ms = row[3];
    if (!there.insert(number).second)
      continue;
    const auto sent_s = seconds_between(failed_ns, sent_ns.at(static_cast<std::size_t>(number)));
    t.rows.push_back({number, sent_s, sent_s + to_app_ms / 1e3, to_app_ms, 1 / s.fps, end_s});
  }
  return t;
}

} // namespace

sample_table measure_node_loss(const group& g, const std::string& bin, const settings& s) {
  harness::network net(hosts(), false);
  const auto servers = g.start(bin, net);
  const auto before = static_cast<std::uint64_t>(before_s * s.fps);
  const auto after = static_cast<std::uint64_t>(after_s * s.fps);
  std::optional<receiving_app> app;
  harness::on_host(&net, app_host, [&] {
    app.emplace(bin, g, servers->app_address(),
                reception{.frames = before + after, .lasts_s = before_s + after_s});
  });
  std::uint64_t failed_ns = 0;
  std::vector<std::uint64_t> sent_ns;
  {
    const harness::inside here(net.at(camera_host));
    const auto sender = g.cameras(servers->camera_address(), 1);
    paced_camera camera(*sender, s);
    camera.stream(before);
    const auto node = servers->in_use();
    camera.rest_for_a_while();
    failed_ns = realtime_ns();
    net.drop(node, harness::cut::both); // first: a node without power sends no farewell
    servers->kill(node);
    camera.stream(after);
    sent_ns = camera.sent_ns();
  }
  return to_table(app->finish(), sent_ns, failed_ns, s);
}

} // namespace monopod::experiment
