#include "tools/experiment/faithful/faithful.hpp"

#include "core/clock.hpp"
#include "tools/experiment/control_system.hpp"
#include "tools/experiment/cpu_quota.hpp"
#include "tools/experiment/kubernetes/cluster.hpp"
#include "tools/experiment/statistics.hpp"
#include "tools/experiment/stream.hpp"
#include "tools/experiment/thesis.hpp"
#include "tools/experiment/variants.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>

namespace monopod::experiment {

namespace {

constexpr control_habits original{.vei_encoding = true,
                                  .reads_on = true,
                                  .ends_with_subscriber = true,
                                  .answers_after_cloud = true,
                                  .queues_without_bound = true,
                                  .default_keepalive = true};

variant control_with(const std::string& name, const std::string& meaning, const control_habits& h,
                     std::uint32_t confirmed_after_ms = 0) {
  return {.name = name,
          .meaning = meaning,
          .start = [h](const surroundings& s) { return start_control(s, h); },
          .confirmed_after_ms = confirmed_after_ms};
}

variant reads_on() {
  return control_with("reads-on", "control-vei, which reads on where a stream was cut",
                      {.vei_encoding = true, .reads_on = true});
}

variant original_with(std::uint32_t confirmed_after_ms) {
  return control_with(
      fmt::format("original-{}ms", confirmed_after_ms),
      fmt::format("all habits, and a cloud that confirms after {} ms", confirmed_after_ms),
      original, confirmed_after_ms);
}

struct used {
  std::uint64_t at_ns = 0;
  std::uint64_t cpu_ns = 0;
  std::uint64_t resident_bytes = 0;
};

// Of processes by the scheduler's count, which is finer than what pods tell of themselves.
used usage_now(pipeline_system& system) {
  used all{.at_ns = boottime_ns()};
  const auto parts = system.parts();
  for (const auto& p : parts) {
    if (harness::resident_bytes(p.pid) == 0)
      throw std::runtime_error(p.name + " has ended");
    all.cpu_ns += harness::cpu_ns(p.pid);
    all.resident_bytes += harness::resident_bytes(p.pid);
  }
  if (!parts.empty())
    return all;
  const auto pods = system.usage();
  if (pods.empty())
    throw std::runtime_error("not all pods tell their usage");
  for (const auto& p : pods) {
    all.cpu_ns += static_cast<std::uint64_t>(p.cpu_s * 1e9);
    all.resident_bytes += static_cast<std::uint64_t>(p.resident_bytes);
  }
  return all;
}

// The way of a run.
struct way {
  std::size_t aborted = 0; // cameras that are killed before
  std::size_t apps = 1;
  double slow_period_ms = 0; // of 1 ms of processor time for the whole system; 0: no limit
};

// The latency of each frame, and in each row what the run as a whole used and lost.
sample_table measure(const variant& v, const way& w, const std::string& bin, const settings& s) {
  stream flow(v, bin, 1, w.apps);
  std::optional<cpu_quota> quota;
  if (w.slow_period_ms > 0) {
    quota.emplace(1 / w.slow_period_ms, w.slow_period_ms);
    for (const auto& part : flow.system().parts())
      quota->add(part.pid);
  }
  flow.abort_cameras(s, w.aborted);
  const auto before = usage_now(flow.system());
  flow.start_cameras(s, s.warm_up + s.frames);
  flow.wait_for_cameras();
  const auto after = usage_now(flow.system()); // what comes late is not worked on all the time
  flow.finish();
  auto t = flow.results(s.warm_up);
  const auto lost = static_cast<double>(s.frames * w.apps) - static_cast<double>(t.rows.size());
  t.columns.insert(t.columns.end(), {"cpu_cores", "rss_mb", "lost", "slow_period_ms"});
  for (auto& row : t.rows)
    row.insert(row.end(),
               {(static_cast<double>(after.cpu_ns) - static_cast<double>(before.cpu_ns)) /
                    static_cast<double>(after.at_ns - before.at_ns),
                static_cast<double>(after.resident_bytes) * 1e-6, lost, w.slow_period_ms});
  return t;
}

settings with_some_frames(const settings& s) {
  auto some = s;
  some.frames = std::max<std::uint64_t>(20, s.frames / 4);
  return some;
}

// The condition is the number of cameras that are killed in their streams before.
std::vector<contender> with_aborted_cameras() {
  auto variants = bare_variants();
  variants.push_back(reads_on());
  for (const std::uint32_t ms : {0, 30, 90})
    variants.push_back(original_with(ms));
  return all_of(variants, [](const variant& v, const std::string& condition, const std::string& bin,
                             const settings& s) {
    return measure(v, {.aborted = std::stoul(condition)}, bin, with_some_frames(s));
  });
}

// The condition is the time until the cloud confirms, in milliseconds.
std::vector<contender> with_a_slow_cloud() {
  auto variants = bare_variants();
  variants.push_back(control_with("waits",
                                  "control-vei with a call for each result, which waits for the "
                                  "cloud",
                                  {.vei_encoding = true, .answers_after_cloud = true}));
  variants.push_back(control_with("original", "all habits", original));
  return all_of(variants, [](const variant& v, const std::string& condition, const std::string& bin,
                             const settings& s) {
    auto delayed = v;
    delayed.confirmed_after_ms = static_cast<std::uint32_t>(std::stoul(condition));
    return measure(delayed, {}, bin, with_some_frames(s));
  });
}

// The condition is the rate in Mbit/s. Three applications get all frames, as the thesis's did.
std::vector<contender> by_a_shared_link() {
  constexpr std::size_t apps = 3;
  return all_of(bare_variants(), [](const variant& v, const std::string& condition,
                                    const std::string& bin, const settings& s) {
    auto slow = v;
    slow.link_bits_per_s = std::stoull(condition) * 1'000'000;
    return measure(slow, {.apps = apps}, bin, with_some_frames(s));
  });
}

// The period in which the system gets 1 ms of processor time, with which the control with VEI's
// encoding has the thesis's median. Found by bisection, once in a process: a session that is gone
// on with has another one, which its samples tell.
double period_as_slow_as_a_pi(const std::string& bin, const settings& s) {
  constexpr int steps = 7;
  constexpr double fastest_ms = 2;
  constexpr double slowest_ms = 200;
  static const double found = [&] {
    auto few = s;
    few.frames = 60;
    double fast_ms = fastest_ms;
    double slow_ms = slowest_ms;
    for (int i = 0; i < steps; ++i) {
      const auto middle_ms = std::sqrt(fast_ms * slow_ms);
      const auto t = measure(bare_variants().back(), {.slow_period_ms = middle_ms}, bin, few);
      (median(t.column("to_publish_ms")) < thesis_bare::p50_ms ? fast_ms : slow_ms) = middle_ms;
    }
    if (fast_ms == fastest_ms || slow_ms == slowest_ms)
      throw std::runtime_error("no quota makes the control as slow as the thesis's Pi here");
    return fast_ms;
  }();
  return found;
}

// The condition is the number of aborted cameras.
std::vector<contender> on_a_slow_machine() {
  auto variants = bare_variants();
  variants.push_back(reads_on());
  variants.push_back(original_with(30));
  return all_of(variants, [](const variant& v, const std::string& condition, const std::string& bin,
                             const settings& s) {
    return measure(
        v, {.aborted = std::stoul(condition), .slow_period_ms = period_as_slow_as_a_pi(bin, s)},
        bin, with_some_frames(s));
  });
}

// The same on a cluster, where a Service gives each camera one of three gateways.
std::vector<contender> with_aborted_cameras_on_a_cluster() {
  return on_cluster(
      {"monopod", "control", "control-original"}, [](const variant& v, const std::string& condition,
                                                     const std::string& bin, const settings& s) {
        return measure(v, {.aborted = std::stoul(condition)}, bin, with_some_frames(s));
      });
}

std::string no_slow_machine(const settings&) { return cpu_quota::missing(); }

} // namespace

std::vector<experiment> faithful_experiments() {
  std::vector<experiment> all{
      {"aborted",
       "cameras that were killed in their streams, and the habits of the thesis's gateway",
       "4.2, 4.4",
       with_aborted_cameras(),
       {"0", "1", "2", "3", "4", "6"}},
      {"slow-cloud",
       "a cloud that confirms after some milliseconds, and an application that waits for it",
       "",
       with_a_slow_cloud(),
       {"0", "30", "90", "120"}},
      {"shared-link",
       "one medium of some Mbit/s for camera, gateway, NATS and three applications",
       "",
       by_a_shared_link(),
       {"200", "60", "40", "30", "20"}},
      {"slow-machine",
       "so little processor time that the control, bare, is as slow as the thesis's Pi",
       "4.3, 4.4",
       on_a_slow_machine(),
       {"0", "1", "2", "4"},
       no_slow_machine},
      {"cluster-aborted",
       "cameras that were killed in their streams, on a cluster with three replicas",
       "4.2, 4.4",
       with_aborted_cameras_on_a_cluster(),
       {"0", "2", "4", "8"},
       missing_cluster,
       describe_cluster},
  };
  for (auto& e : all)
    e.group = "faithful";
  return all;
}

} // namespace monopod::experiment
