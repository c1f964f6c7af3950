#include "tools/lab/soak.hpp"

#include "core/clock.hpp"
#include "programs/program.hpp"
#include "tools/lab/busy.hpp"
#include "tools/lab/keeping.hpp"
#include "tools/lab/waiting.hpp"

#include <spdlog/fmt/fmt.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>

namespace monopod::lab {

namespace {

constexpr std::chrono::seconds comes_whole_within(30);

// Events in the members that were not asked for, since they started.
struct alarms {
  double promotions = 0;
  double step_downs = 0;
  double taken_out = 0;
};

alarms count(laboratory& lab) {
  alarms all;
  for (const auto& m : lab.members()) {
    all.promotions += m->metric("monopod_group_promotions_total");
    all.step_downs += m->metric("monopod_group_step_downs_total");
    all.taken_out += m->metric("monopod_group_taken_out_total");
  }
  return all;
}

} // namespace

std::vector<harness::figure> soak(const soak_options& o) {
  kept_laboratory kept;
  progress_line progress(o.quiet, 30);
  auto& lab = kept.with(o.lab);
  if (!lab.whole(comes_whole_within))
    throw std::runtime_error("not whole at the start:\n" + lab.describe());
  lab.flows();
  lab.streams().reset_pauses();
  const auto before = count(lab);
  auto hogs = busy_processes(o.load ? 1 : 0);
  const auto start_ns = boottime_ns();
  const auto end_ns = start_ns + static_cast<std::uint64_t>(o.minutes) * 60 * ns_per_s;
  while (boottime_ns() < end_ns) {
    progress.tick([&] {
      const auto now = count(lab);
      return fmt::format("{} of {} min, {:.0f} promotions, {:.0f} taken out, pause {:.0f} ms",
                         (boottime_ns() - start_ns) / ns_per_s / 60, o.minutes,
                         now.promotions - before.promotions, now.taken_out - before.taken_out,
                         lab.streams().pauses().camera_ms);
    });
    rest(500);
  }
  for (auto& h : hogs)
    h->signal(SIGKILL);
  const auto pauses = lab.streams().pauses();
  const auto after = count(lab);
  const auto delivered = lab.streams().judge();
  const double allowed = o.load ? 3 : 0;
  const auto number = [](auto value) { return static_cast<double>(value); };
  const auto at_most = [](std::string name, double value, double bound) {
    return harness::figure{.name = std::move(name), .value = value, .at_most = bound};
  };
  std::vector<harness::figure> all{
      {.name = "minutes", .value = number(o.minutes)},
      at_most("promotions", after.promotions - before.promotions, allowed),
      at_most("step_downs", after.step_downs - before.step_downs, allowed),
      at_most("taken_out", after.taken_out - before.taken_out, allowed),
      {.name = "camera_pause_ms_max", .value = pauses.camera_ms, .unit = "ms"},
      {.name = "consumer_pause_ms_max", .value = pauses.consumer_ms, .unit = "ms"},
      {.name = "results", .value = number(lab.streams().results())},
      at_most("acked_lost", number(delivered.acked_lost), 0),
      at_most("results_lost", number(delivered.results_lost), 0),
      at_most("twice_after_key", number(delivered.twice_after_key), 0),
  };
  harness::save(to_json(all), o.json);
  return all;
}

} // namespace monopod::lab
