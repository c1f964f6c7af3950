#include "tools/experiment/kubernetes/node_failure.hpp"

#include "core/clock.hpp"
#include "tools/experiment/kubernetes/cluster.hpp"
#include "tools/experiment/outage.hpp"
#include "tools/experiment/stream.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace monopod::experiment {

namespace {

class failed_node {
public:
  failed_node(const cluster_access& how, std::string name) : how_(how), name_(std::move(name)) {
    ask_stage(how_, {"fail", name_});
  }
  // Powers the node on however the run ends, because the next run needs it.
  ~failed_node() {
    try {
      restore();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "monopod-experiment: %s is still off: %s\n", name_.c_str(), e.what());
    }
  }
  failed_node(const failed_node&) = delete;
  failed_node& operator=(const failed_node&) = delete;

  void restore() {
    if (!back_)
      ask_stage(how_, {"restore", name_});
    back_ = true;
  }

private:
  const cluster_access& how_;
  std::string name_;
  bool back_ = false;
};

// Waits until results of the camera that has just been started arrive.
void await_results(const stream& flow, std::uint64_t before) {
  constexpr double patience_s = 60;
  constexpr double step_s = 0.2;
  for (double waited_s = 0; flow.came() <= before; waited_s += step_s) {
    if (waited_s > patience_s)
      throw std::runtime_error("no results come: is the cloud's address in the overlay that of the "
                               "host outside?");
    pause_s(step_s);
  }
}

// Starts the camera again and again until its frames pass the node that is to fail: a Service
// gives it any of its pods, and the scenario concerns one of them. Returns that node.
std::string stream_through_victim(stream& flow, const failure_scenario& f, const settings& s) {
  constexpr int attempts = 40;
  constexpr double margin_s = 60; // for the time that commands take
  const auto frames = static_cast<std::uint64_t>(
      (s.failure.before_s + s.failure.off_s + s.failure.after_s + margin_s) * s.fps);
  auto words = f.failing;
  words.insert(words.begin(), {"victim", f.system});
  for (int n = 0; n < attempts; ++n) {
    const auto before = flow.came();
    flow.start_cameras(s, frames);
    await_results(flow, before);
    if (const auto said = ask_stage(s.cluster, words); !said.at("node").is_null())
      return said.at("node");
  }
  throw std::runtime_error("the camera's frames never pass the node that is to fail");
}

} // namespace

const std::vector<failure_scenario>& failure_scenarios() {
  static const std::vector<failure_scenario> all{
      {"monopod-primary", "monopod", {"primary"}, "the primary's node"},
      {"monopod-backup", "monopod", {"backup"}, "a backup's node"},
      {"control-nats", "control", {"nats"}, "the node of the NATS server in use", 0},
      {"control-vision", "control", {"vision"}, "a node with the vision application", 0},
      {"control-gateway", "control", {"gateway"}, "the node of the camera's gateway", 40},
      {"control-gateway-vision",
       "control",
       {"gateway", "vision"},
       "the node of the camera's gateway, with the vision application",
       40},
      {"control-nats-vision",
       "control",
       {"nats", "vision"},
       "the node of the NATS server in use, with the vision application",
       80},
      {"control-nats-gateway",
       "control",
       {"nats", "gateway"},
       "the node of the camera's gateway and the NATS server in use",
       40},
      {"control-all",
       "control",
       {"nats", "gateway", "vision"},
       "the node of the camera's gateway and the NATS server in use, with the vision application",
       40},
  };
  return all;
}

sample_table measure_failure(const failure_scenario& f, const std::string& bin, const settings& s) {
  stream flow(cluster_variant(f.system, f.meaning, s.cluster, f.failing), bin, 1);
  const auto node = stream_through_victim(flow, f, s);
  const auto first_ns = realtime_ns();
  pause_s(s.failure.before_s);
  const auto failed_ns = realtime_ns();
  failed_node off(s.cluster, node);
  pause_s(s.failure.off_s);
  const auto back_ns = realtime_ns();
  off.restore();
  pause_s(s.failure.after_s);
  const auto end_ns = realtime_ns();
  flow.stop();

  sample_table t{
      .columns = {"seq", "sent_s", "came_s", "to_publish_ms", "period_s", "back_s", "end_s"},
      .rows = {}};
  for (const auto& r : flow.collected())
    if (r.captured_at_ns >= first_ns && r.received_at_ns <= end_ns)
      t.rows.push_back({static_cast<double>(r.seq), seconds_between(failed_ns, r.captured_at_ns),
                        seconds_between(failed_ns, r.received_at_ns),
                        seconds_between(r.captured_at_ns, r.published_at_ns) * 1e3, 1 / s.fps,
                        seconds_between(failed_ns, back_ns), seconds_between(failed_ns, end_ns)});
  if (t.rows.empty())
    throw std::runtime_error("no result came before the failure");
  return t;
}

} // namespace monopod::experiment
