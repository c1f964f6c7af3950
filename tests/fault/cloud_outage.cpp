// The cloud goes away for a minute while results come, and the pod is killed in the middle. Then
// what waited drains, as fast as it can or at a pace.
#include "core/clock.hpp"
#include "core/percentiles.hpp"
#include "tests/fault/cloud.hpp"
#include "tests/fault/pod.hpp"

#include <cmath>
#include <random>

namespace monopod::fault {

using harness::operator+;

namespace {

constexpr double fps = 50;

struct drain {
  double results = 0;     // that waited for the cloud
  double rate_per_s = 0;  // at which they came
  double reconnect_s = 0; // the cloud was back -> the first one came
  double all_per_s = 0;   // with the fresh ones that came meanwhile
  samples fresh_ms;       // camera's stamp -> published, of those
};

drain drain_of(const std::vector<consumed_row>& rows, std::uint64_t back_at_ns) {
  drain d;
  std::uint64_t first_ns = UINT64_MAX;
  std::uint64_t last_ns = 0;
  for (const auto& r : rows)
    // Not what mosquitto had on its own disk.
    if (r.captured_at_ns < back_at_ns && r.published_at_ns >= back_at_ns) {
      ++d.results;
      first_ns = std::min(first_ns, r.received_at_ns);
      last_ns = std::max(last_ns, r.received_at_ns);
    }
  if (d.results < 2)
    return d;
  const auto took_s = static_cast<double>(last_ns - first_ns) * 1e-9;
  d.rate_per_s = (d.results - 1) / took_s;
  d.reconnect_s = static_cast<double>(first_ns - back_at_ns) * 1e-9;
  double meanwhile = 0;
  for (const auto& r : rows) {
    meanwhile += r.received_at_ns >= first_ns && r.received_at_ns <= last_ns ? 1 : 0;
    if (r.captured_at_ns >= first_ns && r.captured_at_ns <= last_ns)
      d.fresh_ms.add(static_cast<double>(r.published_at_ns - r.captured_at_ns) * 1e-6);
  }
  d.all_per_s = (meanwhile - 1) / took_s;
  return d;
}

int ms(double seconds) { return static_cast<int>(std::lround(seconds * 1000)); }

// `flags`: of the pod. Judges delivery; the drain is the caller's.
outcome go_through_outage(const options& o, const std::vector<std::string>& flags, drain& d) {
  const double outage_s = o.quick ? 3 : 60;
  const double steady_s = o.quick ? 1 : 5;
  outcome result;
  const harness::temporary_directory ledger;
  cloud there(o);
  pod node(o, there.flags() + on_disk(ledger.path()) + flags);
  camera_load load({.endpoint = node.cameras(), .cameras = alike("cam", 1, fps)});
  result.expect(harness::eventually([&] { return load.acknowledged() > 0; }),
                "no frame is acknowledged");
  rest(ms(steady_s));

  there.leave();
  ++result.runs;
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(o.seed));
  const auto kill_after_s = outage_s * std::uniform_real_distribution<double>(0.2, 0.8)(random);
  const auto left_at_ns = boottime_ns();
  rest(ms(kill_after_s));
  result.add("restart_s", node.kill_and_restart());
  const auto away_s = static_cast<double>(boottime_ns() - left_at_ns) * 1e-9;
  rest(ms(std::max(outage_s - away_s, 0.0)));
  const auto waiting = node.sum("monopod_outbox_entries");
  const auto back_at_ns = realtime_ns();
  there.come_back();

  constexpr double patience_s = 60; // the cloud stage tries again every 30 s at worst
  result.expect(node.drained(patience_s, fps), "results stay in the outbox");
  rest(ms(steady_s));
  const auto cameras = load.stop();
  result.expect(node.drained(patience_s), "results stay in the outbox");
  add(result, there.judge(cameras, {"emulator"}));
  add(result, cameras);
  d = drain_of(there.rows(), back_at_ns);
  result.add("outage_s", outage_s);
  result.add("waiting_results", waiting);
  result.add("drained_results", d.results);
  result.add("reconnect_s", d.reconnect_s);
  result.add("drain_rate_per_s", d.rate_per_s);
  result.add("drain_over_steady", d.rate_per_s / fps);
  result.expect_delivered();
  result.expect(d.results >= 0.9 * fps * outage_s, "the outage held up too few results to tell");
  node.stop(result);
  return result;
}

} // namespace

outcome cloud_outage(const options& o) {
  drain d;
  auto result = go_through_outage(o, {}, d);
  if (o.judges_times())
    result.at_least("drain_over_steady", d.rate_per_s / fps, 10);
  return result;
}

outcome cloud_outage_paced(const options& o) {
  constexpr double pace = 4 * fps;
  drain d;
  auto result = go_through_outage(
      o, {"--cloud.local.pace_messages_s", std::to_string(static_cast<int>(pace))}, d);
  result.add("pace_per_s", pace);
  result.add("drain_all_per_s", d.all_per_s);
  result.add("fresh_results", static_cast<double>(d.fresh_ms.count()));
  result.add("fresh_p50_ms", d.fresh_ms.percentile(50));
  result.add("fresh_p99_ms", d.fresh_ms.percentile(99));
  result.at_least("fresh_results", static_cast<double>(d.fresh_ms.count()), 1);
  if (!o.judges_times())
    return result;
  constexpr double burst = 0.1 * pace + 1;
  result.at_most("drain_all_per_s", d.all_per_s, pace + burst / (d.results / pace));
  result.at_least("drain_all_per_s", d.all_per_s, 0.9 * pace);
  result.at_most("fresh_p50_ms", d.fresh_ms.percentile(50), 250); // twice what the window takes
  result.at_most("fresh_p99_ms", d.fresh_ms.percentile(99), 1000);
  return result;
}

} // namespace monopod::fault
