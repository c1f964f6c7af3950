#include "tools/lab/catch_up.hpp"

#include "core/clock.hpp"
#include "programs/program.hpp"
#include "tools/lab/keeping.hpp"
#include "tools/lab/waiting.hpp"

#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace monopod::lab {

namespace {

constexpr std::chrono::seconds comes_whole_within(30);
constexpr int catch_up_settle_ms = 1000;

struct samples_of_runs {
  std::uint64_t runs = 0;
  samples entries;    // that waited in the outbox when the backup started
  samples in_view_ms; // from its start until it is in the view
  samples up_ms;      // part of that: until it answered for the first time
  samples before_ms;  // latency of the cameras' frames
  samples beside_ms;  // the same while a node of another group started
  samples during_ms;  // the same while it caught up
};

double ms_since(std::uint64_t start_ns) {
  return static_cast<double>(boottime_ns() - start_ns) * 1e-6;
}

class catch_up_measurement {
public:
  explicit catch_up_measurement(const catch_up_options& o) : options_(o), progress_(o.quiet, 10) {}

  samples_of_runs run();

private:
  void fill(laboratory& lab);
  void run_once(laboratory& lab);
  void start(laboratory& lab, member& fresh);

  const catch_up_options& options_;
  kept_laboratory kept_;
  progress_line progress_;
  samples_of_runs measured_;
};

// Adds cameras that are faster than the measured ones until enough results wait.
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

// Starts the backup and waits until it is ready, that is, in the view.
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
  rest(catch_up_settle_ms); // by then it is taken out of the view
  measured_.entries.add(lab.primary().metric("monopod_outbox_entries"));
  const auto length_ms =
      measured_.runs == 0 ? catch_up_settle_ms : measured_.in_view_ms.percentile(50);
  lab.streams().take_round_trips_ms();
  rest(static_cast<int>(length_ms));
  const auto before = lab.streams().take_round_trips_ms();
  // All nodes share this machine's processors. A node that starts and joins no group shows how
  // much of the stream's latency is due to the start of a process.
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

samples_of_runs catch_up_measurement::run() {
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

std::vector<harness::figure> figures(const samples_of_runs& o) {
  constexpr double in_view_bound_ms = 1000;
  constexpr double slowdown_bound = 2; // for the ratio of the 99th percentiles
  std::vector<harness::figure> all{
      {.name = "runs", .value = static_cast<double>(o.runs)},
      {.name = "entries", .value = o.entries.percentile(0)},
      {.name = "in_view_ms_p50", .value = o.in_view_ms.percentile(50), .unit = "ms"},
      {.name = "in_view_ms_max",
       .value = o.in_view_ms.percentile(100),
       .unit = "ms",
       .at_most = in_view_bound_ms},
      {.name = "up_ms_p50", .value = o.up_ms.percentile(50), .unit = "ms"},
      {.name = "up_ms_max", .value = o.up_ms.percentile(100), .unit = "ms"}};
  for (const auto& [when, ms] :
       {std::pair{"before", &o.before_ms}, std::pair{"beside", &o.beside_ms},
        std::pair{"during", &o.during_ms}}) {
    const auto frames = fmt::format("of {} frames", ms->count());
    for (const int p : {50, 99})
      all.push_back({.name = fmt::format("latency_ms_p{}_{}", p, when),
                     .value = ms->percentile(p),
                     .unit = "ms",
                     .meaning = frames});
  }
  const auto p99_ms = o.during_ms.percentile(99);
  all.push_back({.name = "latency_p99_ratio",
                 .value = p99_ms / o.before_ms.percentile(99),
                 .at_most = slowdown_bound});
  all.push_back({.name = "latency_p99_ratio_beside",
                 .value = p99_ms / o.beside_ms.percentile(99),
                 .meaning = "over what the start of a stranger takes"});
  return all;
}

} // namespace

std::vector<harness::figure> measure_catch_up(const catch_up_options& o) {
  auto all = figures(catch_up_measurement(o).run());
  harness::save(to_json(all), o.json);
  return all;
}

} // namespace monopod::lab
