#include "tools/experiment/kubernetes/node_failure.hpp"

#include "core/clock.hpp"
#include "tools/experiment/kubernetes/cluster.hpp"
#include "tools/experiment/outage.hpp"
#include "tools/experiment/stream.hpp"

#include <spdlog/fmt/fmt.h>

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

void start_streaming(stream& flow, const settings& s) {
  constexpr double margin_s = 60; // for the time that commands take
  const auto seconds = s.failure.before_s + s.failure.off_s + s.failure.after_s + margin_s;
  const auto before = flow.came();
  flow.start_cameras(s, static_cast<std::uint64_t>(seconds * s.fps));
  await_results(flow, before);
}

// Starts the camera again and again until its frames pass the node that is to fail: a Service
// gives it any of its pods, and the scenario concerns one of them. Returns that node.
std::string stream_through_victim(stream& flow, const failure_scenario& f, const settings& s) {
  constexpr int attempts = 40;
  auto words = f.failing;
  words.insert(words.begin(), {"victim", f.system});
  for (int n = 0; n < attempts; ++n) {
    start_streaming(flow, s);
    if (const auto said = ask_stage(s.cluster, words); !said.at("node").is_null())
      return said.at("node");
  }
  throw std::runtime_error("the camera's frames never pass the node that is to fail");
}

// The times of a run, CLOCK_REALTIME.
struct moments {
  std::uint64_t first_ns = 0; // of the frames that count
  std::uint64_t disturbed_ns = 0;
  std::uint64_t back_ns = 0;
  std::uint64_t end_ns = 0;
};

moments power_off_and_on(const std::string& node, const settings& s) {
  moments when{.first_ns = realtime_ns()};
  pause_s(s.failure.before_s);
  when.disturbed_ns = realtime_ns();
  failed_node off(s.cluster, node);
  pause_s(s.failure.off_s);
  when.back_ns = realtime_ns();
  off.restore();
  pause_s(s.failure.after_s);
  when.end_ns = realtime_ns();
  return when;
}

moments delete_pod(const failure_scenario& f, const settings& s) {
  moments when{.first_ns = realtime_ns()};
  pause_s(s.failure.before_s);
  when.disturbed_ns = realtime_ns();
  ask_stage(s.cluster, {"delete", f.system, f.failing.front()});
  pause_s(s.failure.after_s);
  when.back_ns = when.end_ns = realtime_ns();
  return when;
}

sample_table to_table(const std::vector<harness::collected_result>& all, const moments& when,
                      const settings& s) {
  sample_table t{
      .columns = {"seq", "sent_s", "came_s", "to_publish_ms", "period_s", "back_s", "end_s"},
      .rows = {}};
  for (const auto& r : all)
    if (r.captured_at_ns >= when.first_ns && r.received_at_ns <= when.end_ns)
      t.rows.push_back({static_cast<double>(r.seq),
                        seconds_between(when.disturbed_ns, r.captured_at_ns),
                        seconds_between(when.disturbed_ns, r.received_at_ns),
                        seconds_between(r.captured_at_ns, r.published_at_ns) * 1e3, 1 / s.fps,
                        seconds_between(when.disturbed_ns, when.back_ns),
                        seconds_between(when.disturbed_ns, when.end_ns)});
  if (t.rows.empty())
    throw std::runtime_error("no result came before the disturbance");
  return t;
}

// The parts of the control on the node that fails, and the thesis's outages.
void add_failures_of_the_thesis(std::vector<failure_scenario>& all, const std::string& experiment,
                                const std::string& prefix, const std::string& system) {
  const auto add = [&](const char* parts, const std::vector<std::string>& failing,
                       const char* meaning, double thesis_outage_s) {
    all.push_back({experiment, fmt::format("{}-{}", prefix, parts), system, failing, meaning,
                   thesis_outage_s});
  };
  add("nats", {"nats"}, "the node of the NATS server in use", 0);
  add("vision", {"vision"}, "a node with the vision application", 0);
  add("gateway", {"gateway"}, "the node of the camera's gateway", 40);
  add("gateway-vision", {"gateway", "vision"},
      "the node of the camera's gateway, with the vision application", 40);
  add("nats-vision", {"nats", "vision"},
      "the node of the NATS server in use, with the vision application", 80);
  add("nats-gateway", {"nats", "gateway"},
      "the node of the camera's gateway and the NATS server in use", 40);
  add("all", {"nats", "gateway", "vision"},
      "the node of the camera's gateway and the NATS server in use, with the vision application",
      40);
}

} // namespace

const std::vector<failure_scenario>& failure_scenarios() {
  static const std::vector<failure_scenario> all = [] {
    std::vector<failure_scenario> some{
        {"failures", "monopod-primary", "monopod", {"primary"}, "the primary's node"},
        {"failures", "monopod-backup", "monopod", {"backup"}, "a backup's node"},
    };
    add_failures_of_the_thesis(some, "failures", "control", "control");
    add_failures_of_the_thesis(some, "original-failures", "original", "control-original");
    const auto add_deleted = [&some](const std::string& system, const char* part,
                                     const char* meaning) {
      some.push_back({"leaving",
                      fmt::format("leaving-{}-{}", system, part),
                      system,
                      {part},
                      meaning,
                      std::nullopt,
                      disturbance::deletion});
    };
    add_deleted("monopod", "primary", "the primary's pod");
    for (const auto* system : {"control", "control-original"}) {
      add_deleted(system, "vision", "a pod of the vision application");
      add_deleted(system, "gateway", "the pod of the camera's gateway");
    }
    return some;
  }();
  return all;
}

sample_table measure_failure(const failure_scenario& f, const std::string& bin, const settings& s) {
  const bool power_off = f.what == disturbance::power_off;
  stream flow(
      cluster_variant(f.system, s.cluster, power_off ? f.failing : std::vector<std::string>()), bin,
      1);
  moments when;
  if (power_off) {
    const auto node = stream_through_victim(flow, f, s);
    when = power_off_and_on(node, s);
  } else {
    start_streaming(flow, s);
    when = delete_pod(f, s);
  }
  flow.stop();
  return to_table(flow.collected(), when, s);
}

} // namespace monopod::experiment
