#include "tools/lab/catch_up.hpp"

#include "core/clock.hpp"
#include "programs/program.hpp"
#include "tools/lab/figures.hpp"
#include "tools/lab/keeping.hpp"
#include "tools/lab/waiting.hpp"

#include <spdlog/fmt/fmt.h>

#include <stdexcept>

namespace monopod::lab {

namespace {

constexpr std::chrono::seconds comes_whole_within(30);
constexpr int catch_up_settle_ms = 1000;

double ms_since(std::uint64_t start_ns) {
  return static_cast<double>(boottime_ns() - start_ns) * 1e-6;
}

class catch_up_measurement {
public:
  explicit catch_up_measurement(const catch_up_options& o) : options_(o), progress_(o.quiet, 10) {}

  catch_up_outcome run();

private:
  void fill(laboratory& lab);
  void run_once(laboratory& lab);
  void start(laboratory& lab, member& fresh);

  const catch_up_options& options_;
  kept_laboratory kept_;
  progress_line progress_;
  catch_up_outcome measured_;
};

// Cameras that are faster than those that are measured, until enough results wait.
void catch_up_measurement::fill(laboratory& lab) {
  constexpr std::uint64_t patience_s = 300;
  const auto end_ns = boottime_ns() + patience_s * ns_per_s;
  const auto more = lab.more_cameras(alike("fill", 8, 100));
  const auto wanted = static_cast<double>(options_.entries);
  for (auto there = 0.0; there < wanted; there = lab.primary().metric("monopod_outbox_entries")) {
    progress_.tick([&] { return fmt::format("{:.0f} of {} entries", there, options_.entries); });
    if (boottime_ns() > end_ns)
      throw std::runtime_error("the outbox does not fill:\n" + lab.describe());
    rest(100);
  }
}

// Until it is ready: in the view.
void catch_up_measurement::start(laboratory& lab, member& fresh) {
  const auto start_ns = boottime_ns();
  const auto end_ns = start_ns + ns_per_s * static_cast<std::uint64_t>(comes_whole_within.count());
  fresh.start();
  double up_ms = 0;
  for (auto s = fresh.status(); !s || !s->ready; s = fresh.status()) {
    if (s && up_ms == 0)
      up_ms = ms_since(start_ns);
    if (boottime_ns() > end_ns)
      throw std::runtime_error(fresh.name() + " does not catch up:\n" + lab.describe());
    rest(5);
  }
  measured_.in_view_ms.add(ms_since(start_ns));
  measured_.up_ms.add(up_ms);
}

void catch_up_measurement::run_once(laboratory& lab) {
  auto& fresh = lab.backup();
  fresh.kill9();
  rest(catch_up_settle_ms); // it is taken out
  measured_.entries.add(lab.primary().metric("monopod_outbox_entries"));
  const auto length_ms =
      measured_.runs == 0 ? catch_up_settle_ms : measured_.in_view_ms.percentile(50);
  lab.streams().take_round_trips_ms();
  rest(static_cast<int>(length_ms));
  const auto before = lab.streams().take_round_trips_ms();
  // All nodes share this machine's processors: a node that starts and joins nobody tells what the
  // start of a process takes from the stream.
  fresh.start({"--group.name", "elsewhere"});
  rest(static_cast<int>(length_ms));
  const auto beside = lab.streams().take_round_trips_ms();
  fresh.kill9();
  rest(catch_up_settle_ms);
  lab.streams().take_round_trips_ms();
  start(lab, fresh);
  const auto during = lab.streams().take_round_trips_ms();
  measured_.before_ms.add_all(before);
  measured_.beside_ms.add_all(beside);
  measured_.during_ms.add_all(during);
  ++measured_.runs;
  if (!lab.whole(comes_whole_within))
    throw std::runtime_error("not whole again:\n" + lab.describe());
}

catch_up_outcome catch_up_measurement::run() {
  auto wanted = options_.lab;
  wanted.cameras = alike("street", 16, 10);
  auto& lab = kept_.with(wanted);
  lab.stop_cloud();
  fill(lab);
  for (std::uint64_t n = 0; n < options_.runs; ++n) {
    progress_.tick([&] { return fmt::format("{} of {} runs", n, options_.runs); });
    if (!lab.whole(comes_whole_within))
      throw std::runtime_error("not whole:\n" + lab.describe());
    rest(catch_up_settle_ms);
    run_once(lab);
  }
  return measured_;
}

std::vector<figure> figures(const catch_up_outcome& o) {
  return {
      {"runs", static_cast<double>(o.runs), ""},
      {"entries", o.entries.percentile(0), ""},
      {"in_view_ms_p50", o.in_view_ms.percentile(50), "ms"},
      {"in_view_ms_max", o.in_view_ms.percentile(100), "ms", catch_up_outcome::in_view_bound_ms},
      {"up_ms_p50", o.up_ms.percentile(50), "ms"},
      {"latency_ms_p99_before", o.before_ms.percentile(99), "ms"},
      {"latency_ms_p99_beside", o.beside_ms.percentile(99), "ms"},
      {"latency_ms_p99_during", o.during_ms.percentile(99), "ms"},
      {"latency_p99_ratio", o.slowdown(), "", catch_up_outcome::slowdown_bound},
      {"latency_p99_ratio_beside", o.slowdown_beside(), ""}};
}

} // namespace

catch_up_outcome measure_catch_up(const catch_up_options& o) {
  auto measured = catch_up_measurement(o).run();
  save(figures(measured), o.json);
  return measured;
}

std::string table(const catch_up_outcome& o) {
  return fmt::format(
      "{} runs, {:.0f} entries at least\n"
      "in the view after    p50 {:>7.1f} ms  max {:>7.1f} ms  bound {:g}{}\n"
      "  of that, until up  p50 {:>7.1f} ms  max {:>7.1f} ms\n"
      "latency before       p50 {:>7.2f} ms  p99 {:>7.2f} ms  {} frames\n"
      "  a stranger starts  p50 {:>7.2f} ms  p99 {:>7.2f} ms  {} frames\n"
      "  while it joins     p50 {:>7.2f} ms  p99 {:>7.2f} ms  {} frames\n"
      "  ratio of the p99       {:>7.2f}                     bound {:g}{}\n"
      "  over the stranger's    {:>7.2f}\n",
      o.runs, o.entries.percentile(0), o.in_view_ms.percentile(50), o.in_view_ms.percentile(100),
      catch_up_outcome::in_view_bound_ms,
      o.in_view_ms.percentile(100) > catch_up_outcome::in_view_bound_ms ? "  BROKEN" : "",
      o.up_ms.percentile(50), o.up_ms.percentile(100), o.before_ms.percentile(50),
      o.before_ms.percentile(99), o.before_ms.count(), o.beside_ms.percentile(50),
      o.beside_ms.percentile(99), o.beside_ms.count(), o.during_ms.percentile(50),
      o.during_ms.percentile(99), o.during_ms.count(), o.slowdown(),
      catch_up_outcome::slowdown_bound,
      o.slowdown() > catch_up_outcome::slowdown_bound ? "  BROKEN" : "", o.slowdown_beside());
}

} // namespace monopod::lab
