#include "tools/lab/campaign.hpp"

#include "core/clock.hpp"
#include "programs/program.hpp"
#include "tools/harness/figures.hpp"
#include "tools/lab/keeping.hpp"
#include "tools/lab/waiting.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace monopod::lab {

namespace {

constexpr std::chrono::seconds heals_within(30);

bool fits(const lab_options& lab, needs what) {
  return what == needs::nothing || (what == needs::group && lab.group()) ||
         (what == needs::three_replicas && lab.replicas == 3) ||
         (what == needs::witness && lab.witness()) ||
         (what == needs::small_disks && lab.group() && lab.durability == "memory");
}

class campaign {
public:
  explicit campaign(const campaign_options& o)
      : options_(o), random_(o.seed), progress_(o.quiet, 10) {}

  fault_outcome run(const fault& f);

private:
  void run_once(const fault& f, fault_outcome& row);
  laboratory& lab_for(const fault& f);

  const campaign_options& options_;
  kept_laboratory kept_;
  std::mt19937_64 random_;
  progress_line progress_;
};

// If the laboratory has three replicas, the witness is killed in another one, which has two.
laboratory& campaign::lab_for(const fault& f) {
  auto wanted = options_.lab;
  if (f.what == needs::witness)
    wanted.replicas = 2;
  wanted.small_disks = f.what == needs::small_disks;
  return kept_.with(wanted);
}

void campaign::run_once(const fault& f, fault_outcome& row) {
  constexpr int within_ms = 150; // some periods of beats and of the slowest camera
  auto& lab = lab_for(f);
  if (!lab.whole(heals_within))
    throw std::runtime_error("not whole before it:\n" + lab.describe());
  rest(static_cast<int>(random_() % within_ms));
  const auto epoch = lab.epoch();
  lab.streams().reset_pauses();
  scene now{lab, random_, row.runs};
  f.run(now);
  if (!lab.whole(heals_within))
    throw std::runtime_error("not whole again:\n" + lab.describe());
  lab.flows();
  const auto pauses = lab.streams().pauses();
  const auto delivered = lab.streams().judge();
  ++row.runs;
  row.camera_ms.add(pauses.camera_ms);
  row.consumer_ms.add(pauses.consumer_ms);
  row.outage_ms.add(f.cloud_away ? pauses.camera_ms : pauses.largest_ms());
  row.sum.acked_lost += delivered.acked_lost;
  row.sum.results_lost += delivered.results_lost;
  row.sum.twice_on_wire += delivered.twice_on_wire;
  row.sum.twice_after_key += delivered.twice_after_key;
  row.view_changes += lab.epoch() - epoch;
}

void judge(fault_outcome& row) {
  const auto at_most = [&row](const char* what, double value, double bound) {
    if (value > bound)
      row.broken.push_back(fmt::format("{} is {:.4g}, bound {:.4g}", what, value, bound));
  };
  at_most("outage_ms_p99", row.outage_ms.percentile(99), row.bound_ms);
  at_most("acked_lost", static_cast<double>(row.sum.acked_lost), 0);
  at_most("results_lost", static_cast<double>(row.sum.results_lost), 0);
  at_most("twice_after_key", static_cast<double>(row.sum.twice_after_key), 0);
}

fault_outcome campaign::run(const fault& f) {
  fault_outcome row;
  row.fault = f.name;
  row.bound_ms = f.bound_ms(options_.lab.profile);
  const auto start_ns = boottime_ns();
  try {
    for (std::uint64_t n = 0; n < options_.runs; ++n) {
      progress_.tick([&] {
        return fmt::format("{:<14}{:>4} of {} runs, outage so far {:.0f} ms at most", f.name, n,
                           options_.runs, row.outage_ms.percentile(100));
      });
      run_once(f, row);
    }
  } catch (const std::exception& e) {
    kept_.end();
    row.broken.push_back(fmt::format("run {}: {}", row.runs + 1, e.what()));
  }
  row.seconds = static_cast<double>(boottime_ns() - start_ns) * 1e-9;
  judge(row);
  return row;
}

} // namespace

std::vector<fault_outcome> run_campaign(const campaign_options& o) {
  std::vector<fault_outcome> all;
  campaign c(o);
  for (const auto& f : all_faults()) {
    const bool asked = std::ranges::find(o.faults, f.name) != o.faults.end();
    const bool possible = fits(o.lab, f.what) || (f.what == needs::witness && o.lab.group());
    if (asked && !possible)
      throw std::runtime_error("no " + f.name + " with " + std::to_string(o.lab.replicas) +
                               " replicas and a ledger in " + o.lab.durability +
                               ": give another --replicas or --durability");
    if (!possible || (!asked && !o.faults.empty()))
      continue;
    all.push_back(c.run(f));
    // Save after each row, so that the figures are kept if a later row ends the campaign.
    harness::save(to_json(all, o.seed), o.json);
    if (stop_requested > 0)
      break;
  }
  return all;
}

} // namespace monopod::lab
