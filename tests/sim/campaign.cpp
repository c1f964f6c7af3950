#include "tests/sim/campaign.hpp"

#include "core/percentiles.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

namespace monopod::sim {

namespace {

constexpr std::array names{
    "none",
    "r1_blind_change",
    "r2_ballots_reused",
    "r2_accepts_below_promise",
    "r2_answers_before_sync",
    "r2_reads_any_value",
    "r3_promises_forgotten",
    "r4_votes_by_name",
    "r4_two_at_once",
    "r4_old_voters_promise",
    "r4_old_voters_decide",
    "r5_duels",
    "r6_believes_teller",
    "l1_lease_from_receipt",
    "l1_stale_answers",
    "l1_cached_time",
    "l1_no_margin",
    "l2_any_member",
    "l2_joiner_late",
    "l2_unknown_is_failed",
    "l3_no_step_down",
    "l4_answers_while_claiming",
    "l4_claims_early",
    "l5_dropped_at_once",
    "l5_drops_blindly",
    "l5_never_dropped",
    "g1_commit_by_any",
    "g1_applies_uncommitted",
    "g1_acks_any_session",
    "g2_cuts_at_first",
    "g3_old_snapshot",
    "g3_without_frames",
    "g3_mixed_sessions",
    "g3_piece_missing",
    "g4_processed_again",
    "g5_forgets_taken",
    "c1_anyone_claims",
    "c2_acts_in_handover",
    "c2_told_too_early",
    "c3_one_is_enough",
    "c3_forced_early",
    "c5_incarnation_reused",
    "o1_takes_lower_epochs",
    "o1_claims_below_heard",
    "o2_publishes_uncommitted",
    "sense_any_number",
    "sense_any_view",
    "sense_any_ops",
};
static_assert(names.size() == static_cast<std::size_t>(last_mutant) + 1);

double ms_of(std::uint64_t ns) { return static_cast<double>(ns) / static_cast<double>(ms); }

} // namespace

std::string_view name_of(mutant m) { return names.at(static_cast<std::size_t>(m)); }

seeds_result run_seeds(std::uint64_t from, std::uint64_t count, unsigned jobs, mutant broken,
                       bool stop_at_first, const progress& tell) {
  std::atomic<std::uint64_t> next = from;
  std::atomic<bool> stop = false;
  std::mutex lock;
  seeds_result all;
  const auto work = [&] {
    for (auto seed = next++; seed < from + count && !stop; seed = next++) {
      const auto r = run_scenario(random_scenario(seed, broken));
      const std::scoped_lock held(lock);
      ++all.seeds;
      all.epochs += r.epochs;
      all.progress_owed += r.progress_owed ? 1 : 0;
      for (std::size_t i = 0; i < situations; ++i)
        all.reached.at(i) += r.reached.test(i) ? 1 : 0;
      if (!r.violation.empty()) {
        ++all.violations;
        if (all.bad_seeds.size() < max_bad_seeds)
          all.bad_seeds.push_back(seed);
        if (!all.first_bad_seed || seed < *all.first_bad_seed) {
          all.first_bad_seed = seed;
          all.first_violation = r.violation;
        }
        if (stop_at_first)
          stop = true;
      }
      if (tell && !tell(all.seeds))
        stop = true;
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < jobs; ++i)
    others.emplace_back(work);
  work();
  for (auto& t : others)
    t.join();
  std::ranges::sort(all.bad_seeds);
  return all;
}

scenario shortened(scenario bad) {
  const auto kind = [](const run_result& r) {
    return r.violation.substr(0, r.violation.find(':'));
  };
  const auto wanted = kind(run_scenario(bad));
  for (std::size_t i = 0; i < bad.faults.size();) {
    auto less = bad;
    less.faults.erase(less.faults.begin() + static_cast<std::ptrdiff_t>(i));
    if (kind(run_scenario(less)) == wanted)
      bad = std::move(less);
    else
      ++i;
  }
  return bad;
}

scenario_result run_expected(const scenario& s) {
  scenario_result result;
  result.name = s.name;
  result.runs = s.runs;
  samples outages;
  for (int i = 0; i < s.runs; ++i) {
    auto one = s;
    one.seed = s.seed + static_cast<std::uint64_t>(i);
    const auto r = run_scenario(one);
    if (!r.violation.empty() && result.broken.empty())
      result.broken = r.violation + " (seed " + std::to_string(one.seed) + ")";
    if (i == 0 || ms_of(r.outage_ns) > outages.percentile(100))
      result.slowest = one;
    outages.add(ms_of(r.outage_ns));
    result.twice += r.twice;
    result.view_changes =
        std::max(result.view_changes, r.epochs - std::min<std::uint64_t>(r.epochs, 1));
    result.taken_out = std::max(result.taken_out, r.taken_out);
  }
  result.outage_ms_p50 = outages.percentile(50);
  result.outage_ms_p99 = outages.percentile(99);
  result.outage_ms_max = outages.percentile(100);
  const auto& e = s.expect;
  if (result.broken.empty() && e.outage_ms &&
      result.outage_ms_p99 > static_cast<double>(*e.outage_ms))
    result.broken = "an outage of " + std::to_string(result.outage_ms_p99) + " ms";
  if (result.broken.empty() && e.view_changes && result.view_changes > *e.view_changes)
    result.broken = std::to_string(result.view_changes) + " view changes";
  if (result.broken.empty() && e.taken_out && result.taken_out > *e.taken_out)
    result.broken = std::to_string(result.taken_out) + " members taken out";
  return result;
}

} // namespace monopod::sim
