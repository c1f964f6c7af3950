// Scenarios by seed: faults at random, and near misses, which are faults that hardly ever meet by
// chance.
#include "tests/sim/random.hpp"
#include "tests/sim/scenario.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace monopod::sim {

namespace {

fault_kind any_kind(random_source& r) {
  static constexpr std::array<std::pair<fault_kind, unsigned>, 24> weights{{
      {fault_kind::crash, 22},     {fault_kind::lose_file, 5},     {fault_kind::pause, 14},
      {fault_kind::mute, 7},       {fault_kind::deaf, 7},          {fault_kind::isolate, 7},
      {fault_kind::cut, 11},       {fault_kind::part, 8},          {fault_kind::split, 6},
      {fault_kind::loss, 5},       {fault_kind::slow_disk, 4},     {fault_kind::no_ops, 4},
      {fault_kind::slew, 3},       {fault_kind::step, 1},          {fault_kind::terminate, 8},
      {fault_kind::hand_over, 8},  {fault_kind::replace_voter, 6}, {fault_kind::clone, 3},
      {fault_kind::cloud_down, 2}, {fault_kind::stall, 5},         {fault_kind::ahead, 3},
      {fault_kind::promote, 3},    {fault_kind::lie, 2},           {fault_kind::echo, 3},
  }};
  unsigned all = 0;
  for (const auto& w : weights)
    all += w.second;
  auto pick = r.below(all);
  for (const auto& [kind, weight] : weights) {
    if (pick < weight)
      return kind;
    pick -= weight;
  }
  return fault_kind::crash;
}

std::int64_t value_for(fault_kind kind, random_source& r) {
  switch (kind) {
  case fault_kind::split:
    return static_cast<std::int64_t>(r.between(1, 14));
  case fault_kind::loss:
    return r.one_of<std::int64_t>({5, 20, 50});
  case fault_kind::slow_disk:
    return r.one_of<std::int64_t>({20, 60, 150});
  case fault_kind::slew:
    return r.one_of<std::int64_t>({920, 1080, 1000});
  case fault_kind::step:
    return r.one_of<std::int64_t>({-3600, 3600});
  case fault_kind::stall:
    return r.one_of<std::int64_t>({10, 60, 200});
  case fault_kind::echo:
    return r.one_of<std::int64_t>({20, 100, 400});
  case fault_kind::ahead:
    return r.one_of<std::int64_t>({1, 2, 1000});
  default:
    return 0;
  }
}

fault random_fault(const scenario& s, std::uint64_t nodes, random_source& r) {
  fault f;
  f.kind = any_kind(r);
  f.at_ms = r.between(r.chance(0.1) ? 0 : 150, s.faults_end_ms);
  if (!s.faults.empty() && r.chance(0.3)) // close to the previous fault
    f.at_ms = std::min(s.faults_end_ms, s.faults.back().at_ms + r.between(0, 30));
  f.node = r.chance(0.35) ? "primary" : std::to_string(r.below(nodes));
  if (f.kind == fault_kind::cut || f.kind == fault_kind::part)
    f.other = std::to_string(r.below(nodes));
  if (f.kind == fault_kind::slow_disk && r.chance(0.5))
    f.node = "all";
  f.for_ms = r.chance(0.5) ? r.between(5, 120) : r.between(120, 700);
  f.value = value_for(f.kind, r);
  return f;
}

// Faults that hardly ever meet by chance: a backup that hears nothing until its promise ends, slow
// disks during its claim, and a primary that sleeps past the end of its lease until the beats that
// it sent before are answered.
void add_near_miss(scenario& s, random_source& r) {
  const std::uint64_t scale = s.profile == "wifi" ? 250 : s.profile == "fast" ? 33 : 100;
  const auto at_ms = r.between(300, s.faults_end_ms - 500);
  const auto scaled = [&](std::uint64_t low, std::uint64_t high) {
    return r.between(low * scale / 100, high * scale / 100);
  };
  const auto backup = std::to_string(r.between(0, 2));
  const auto sync_ms = scaled(8, 35);
  // The claim is accepted one sync after it was prepared; the beats arrive in between.
  const auto cut_ms = scaled(146, 156) + sync_ms + r.between(0, sync_ms);
  const auto sleeps_ms = scaled(95, 118);
  const auto wakes_ms = cut_ms + scaled(1, 25);
  s.faults.push_back({at_ms, fault_kind::cut, "primary", backup, cut_ms, 0});
  s.faults.push_back(
      {at_ms + sleeps_ms, fault_kind::pause, "primary", "", wakes_ms - sleeps_ms, 0});
  s.faults.push_back({at_ms, fault_kind::slow_disk, "all", "", scaled(200, 400),
                      static_cast<std::int64_t>(sync_ms)});
}

// A backup that is taken out, and cut off again while it gets a snapshot: the rest of that snapshot
// arrives among the pieces of the next. With an echo, all of it may arrive again after the next.
void add_rejoins(scenario& s, bool echo, random_source& r) {
  auto at_ms = r.between(200, s.faults_end_ms - 900);
  const auto backup = std::to_string(r.between(0, 2));
  if (echo)
    s.faults.push_back({at_ms, fault_kind::echo, "primary", "", 800,
                        static_cast<std::int64_t>(r.between(140, 300))});
  for (int i = 0; i < 3; ++i) {
    const auto for_ms = r.between(120, 220);
    s.faults.push_back({at_ms, fault_kind::part, "primary", backup, for_ms, 0});
    at_ms += for_ms + r.between(3, 60);
  }
}

// A joiner that gets no piece of its snapshot, and is cut off until its primary gives it up (8 D):
// it gets another snapshot, while pieces of the first are still on their way.
void add_lost_session(scenario& s, random_source& r) {
  const std::uint64_t beat_ms = s.profile == "fast" ? 5 : 20;
  const std::uint64_t silence_ms = s.profile == "fast" ? 20 : 60;
  const auto backup = std::to_string(r.between(0, 2));
  const auto at_ms = r.between(200, s.faults_end_ms - 900);
  const auto joins_ms = at_ms + 2 * silence_ms;
  const auto leaves_ms = joins_ms + 5 * beat_ms;
  s.piece_bytes = 100;
  s.faults.push_back({at_ms, fault_kind::part, "primary", backup, joins_ms - at_ms, 0});
  s.faults.push_back({at_ms, fault_kind::no_ops, backup, "", leaves_ms - at_ms, 0});
  s.faults.push_back({leaves_ms, fault_kind::part, "primary", backup,
                      8 * silence_ms + r.between(1, 4) * beat_ms, 0});
}

// A primary that only the spare node hears replaces a voter by that spare, while the others go on
// without the two.
void add_parted_swap(scenario& s, std::uint64_t nodes, random_source& r) {
  const auto spare = nodes - 1;
  const auto primary = r.below(2); // as far as can be foreseen
  const auto at_ms = r.between(300, s.faults_end_ms - 700);
  s.faults.push_back({at_ms, fault_kind::split, "", "", r.between(200, 700),
                      static_cast<std::int64_t>(1U << primary | 1U << spare)});
  s.faults.push_back({at_ms + r.between(0, 20), fault_kind::replace_voter,
                      std::to_string(r.below(spare)), "", 0, 0});
}

// A replica that is promoted knows the voters of long ago, and hears only one of them, which is
// behind, too: two majorities of voters, which need not meet.
void add_stale_promotion(scenario& s, random_source& r) {
  const auto primary = r.below(2); // as far as can be foreseen
  const auto behind = std::to_string(1 - primary);
  const auto others = {std::to_string(primary), std::string("3")}; // the spare node is among them
  const auto at_ms = r.between(300, s.faults_end_ms - 800);
  const auto parted_ms = at_ms + r.between(30, 100);
  const auto until_ms = parted_ms + r.between(300, 600);
  s.faults.push_back({at_ms + r.between(5, 20), fault_kind::replace_voter, "2", "", 0, 0});
  for (const auto& other : others) {
    s.faults.push_back({at_ms, fault_kind::cut, other, "2", until_ms - at_ms, 0});
    s.faults.push_back({parted_ms, fault_kind::part, other, behind, until_ms - parted_ms, 0});
  }
  s.faults.push_back({parted_ms + r.between(70, 200), fault_kind::promote, "2", "", 0, 0});
}

// A backup is promoted while only the link between it and its primary is cut.
void add_early_promotion(scenario& s, random_source& r) {
  const auto at_ms = r.between(300, s.faults_end_ms - 500);
  const auto backup = std::to_string(r.between(0, 2));
  s.faults.push_back({at_ms, fault_kind::part, "primary", backup, 200, 0});
  s.faults.push_back({at_ms + r.between(1, 40), fault_kind::promote, backup, "", 0, 0});
}

// The only member in sync ends, and the operator promotes another one.
void add_promotion(scenario& s, random_source& r) {
  const auto at_ms = r.between(300, s.faults_end_ms - 900);
  s.faults.push_back({at_ms, fault_kind::crash, "backup", "", 5, 0});
  s.faults.push_back(
      {at_ms + r.between(3, 30), fault_kind::crash, "primary", "", r.between(400, 700), 0});
  s.faults.push_back({at_ms + r.between(200, 350), fault_kind::promote, "backup", "", 0, 0});
}

// A node that lost its files, and so knows nothing, hears nobody but a liar.
void add_lies(scenario& s, random_source& r) {
  const auto at_ms = r.between(300, s.faults_end_ms - 700);
  const auto first = r.below(3);
  const auto place = [&](std::uint64_t n) { return std::to_string((first + n) % 3); };
  s.faults.push_back({at_ms, fault_kind::part, place(0), place(1), 300, 0});
  s.faults.push_back({at_ms + 10, fault_kind::lose_file, place(0), "", r.between(1, 20), 0});
  s.faults.push_back({at_ms + 10, fault_kind::lie, place(2), "", r.between(50, 300), 0});
}

// All nodes lose their files, and the group is founded again (R3). Nobody would get it above an
// epoch of nonsense then.
void add_loss_of_all_files(scenario& s, std::uint64_t nodes, random_source& r) {
  if (std::ranges::find(s.faults, fault_kind::lie, &fault::kind) != s.faults.end())
    return;
  const auto at_ms = r.between(300, s.faults_end_ms - 500);
  for (std::uint64_t n = 0; n < nodes; ++n)
    s.faults.push_back({at_ms + r.between(0, 20), fault_kind::lose_file, std::to_string(n), "",
                        r.between(20, 60), 0});
}

// The stage `replicator` is killed, several times in a row.
void add_relinks(scenario& s, std::uint64_t nodes, random_source& r) {
  const auto node = r.chance(0.5) ? "primary" : std::to_string(r.below(nodes));
  for (auto left = r.between(1, 4); left > 0; --left)
    s.faults.push_back(
        {r.between(150, s.faults_end_ms), fault_kind::relink, node, "", r.between(1, 20), 0});
}

} // namespace

scenario random_scenario(std::uint64_t seed, mutant broken) {
  random_source r(seed * 0x2545f4914f6cdd1d + 1);
  scenario s;
  s.name = "seed " + std::to_string(seed);
  s.seed = seed;
  s.broken = broken;
  s.witness = r.chance(0.3);
  s.replicas = s.witness ? 2 : 3;
  s.spare = r.chance(0.3);
  s.profile = r.chance(0.8) ? "lan" : r.chance(0.5) ? "fast" : "wifi";
  s.ops_on_disk = r.chance(0.4);
  s.codec = r.chance(0.1);
  s.ticks_when_due = seed % 2 == 0;
  if (s.profile == "wifi") {
    s.faults_end_ms = 4000;
    s.after_ms = 1500;
  }
  const auto nodes =
      static_cast<std::uint64_t>(s.replicas) + (s.witness ? 1 : 0) + (s.spare ? 1 : 0);
  const auto count = r.between(2, 10);
  for (std::uint64_t i = 0; i < count; ++i)
    s.faults.push_back(random_fault(s, nodes, r));
  if (r.chance(0.25))
    add_near_miss(s, r);
  if (r.chance(0.3))
    s.stays = fault{s.faults_end_ms,
                    r.one_of({fault_kind::mute, fault_kind::deaf, fault_kind::crash}),
                    r.chance(0.6) ? "primary" : std::to_string(r.below(nodes)),
                    "",
                    0,
                    0};
  s.replicated = !s.ops_on_disk && r.chance(0.5);
  s.piece_bytes = r.one_of<std::uint64_t>({100, 1000, 10'000, 64 * 1024});
  if (r.chance(0.4))
    add_rejoins(s, r.chance(0.4), r);
  else if (s.profile != "wifi" && r.chance(0.15))
    add_lost_session(s, r);
  if (r.chance(0.2))
    add_relinks(s, nodes, r);
  if (s.spare && r.chance(0.3))
    add_parted_swap(s, nodes, r);
  if (s.spare && !s.witness && r.chance(0.3))
    add_stale_promotion(s, r);
  if (s.witness && r.chance(0.2))
    add_promotion(s, r);
  if (r.chance(0.05))
    add_early_promotion(s, r);
  if (r.chance(0.04))
    add_lies(s, r);
  if (r.chance(0.05))
    add_loss_of_all_files(s, nodes, r);
  return s;
}

} // namespace monopod::sim
