#include "tools/lab/soak.hpp"

#include "core/clock.hpp"
#include "programs/program.hpp"
#include "tools/lab/busy.hpp"
#include "tools/lab/keeping.hpp"
#include "tools/lab/waiting.hpp"

#include <spdlog/fmt/fmt.h>

#include <csignal>

namespace monopod::lab {

namespace {

constexpr std::chrono::seconds comes_whole_within(30);

// What members did without being told to, since they started.
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

std::vector<figure> soak(const soak_options& o) {
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
  std::vector<figure> all{
      {"minutes", number(o.minutes), ""},
      {"promotions", after.promotions - before.promotions, "", allowed},
      {"step_downs", after.step_downs - before.step_downs, "", allowed},
      {"taken_out", after.taken_out - before.taken_out, "", allowed},
      {"camera_pause_ms_max", pauses.camera_ms, "ms"},
      {"consumer_pause_ms_max", pauses.consumer_ms, "ms"},
      {"results", number(lab.streams().results()), ""},
      {"acked_lost", number(delivered.acked_lost), "", 0},
      {"results_lost", number(delivered.results_lost), "", 0},
      {"twice_after_key", number(delivered.twice_after_key), "", 0},
  };
  save(all, o.json);
  return all;
}

} // namespace monopod::lab
