#include "tests/sim/scenario.hpp"

#include "tests/sim/random.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace monopod::sim {

namespace {

struct kind_name {
  fault_kind kind;
  const char* name;
  bool has_node;
  bool has_value;
};
constexpr std::array kinds{
    kind_name{fault_kind::crash, "crash", true, false},
    kind_name{fault_kind::lose_file, "lose-file", true, false},
    kind_name{fault_kind::pause, "pause", true, false},
    kind_name{fault_kind::mute, "mute", true, false},
    kind_name{fault_kind::deaf, "deaf", true, false},
    kind_name{fault_kind::isolate, "isolate", true, false},
    kind_name{fault_kind::cut, "cut", true, false},
    kind_name{fault_kind::part, "part", true, false},
    kind_name{fault_kind::split, "split", false, true},
    kind_name{fault_kind::loss, "loss", false, true},
    kind_name{fault_kind::slow_disk, "slow-disk", true, true},
    kind_name{fault_kind::no_ops, "no-ops", true, false},
    kind_name{fault_kind::slew, "slew", true, true},
    kind_name{fault_kind::step, "step", true, true},
    kind_name{fault_kind::terminate, "terminate", true, false},
    kind_name{fault_kind::hand_over, "hand-over", false, false},
    kind_name{fault_kind::replace_voter, "replace-voter", true, false},
    kind_name{fault_kind::clone, "clone", true, false},
    kind_name{fault_kind::cloud_down, "cloud-down", false, false},
    kind_name{fault_kind::relink, "relink", true, false},
    kind_name{fault_kind::stall, "stall", true, true},
};

const kind_name& name_of(fault_kind kind) {
  return *std::ranges::find(kinds, kind, &kind_name::kind);
}

fault_kind any_kind(random_source& r) {
  static constexpr std::array<std::pair<fault_kind, unsigned>, 20> weights{{
      {fault_kind::crash, 22},     {fault_kind::lose_file, 5},     {fault_kind::pause, 14},
      {fault_kind::mute, 7},       {fault_kind::deaf, 7},          {fault_kind::isolate, 7},
      {fault_kind::cut, 11},       {fault_kind::part, 8},          {fault_kind::split, 6},
      {fault_kind::loss, 5},       {fault_kind::slow_disk, 4},     {fault_kind::no_ops, 4},
      {fault_kind::slew, 3},       {fault_kind::step, 1},          {fault_kind::terminate, 8},
      {fault_kind::hand_over, 8},  {fault_kind::replace_voter, 4}, {fault_kind::clone, 3},
      {fault_kind::cloud_down, 2}, {fault_kind::stall, 5},
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
// arrives among the pieces of the next.
void add_rejoins(scenario& s, random_source& r) {
  auto at_ms = r.between(200, s.faults_end_ms - 900);
  const auto backup = std::to_string(r.between(0, 2));
  for (int i = 0; i < 3; ++i) {
    const auto for_ms = r.between(120, 220);
    s.faults.push_back({at_ms, fault_kind::part, "primary", backup, for_ms, 0});
    at_ms += for_ms + r.between(3, 60);
  }
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
  s.spare = r.chance(0.2);
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
  if (r.chance(0.25))
    add_rejoins(s, r);
  s.piece_bytes = r.one_of<std::uint64_t>({100, 1000, 10'000, 64 * 1024});
  if (r.chance(0.2))
    add_relinks(s, nodes, r);
  if (s.spare && r.chance(0.3))
    add_parted_swap(s, nodes, r);
  return s;
}

// -- text

std::string to_text(const fault& f) {
  const auto& kind = name_of(f.kind);
  std::ostringstream out;
  out << "at " << f.at_ms << " " << kind.name;
  if (kind.has_node)
    out << " " << f.node;
  if (!f.other.empty())
    out << " " << f.other;
  if (kind.has_value)
    out << " to " << f.value;
  if (f.for_ms != 0)
    out << " for " << f.for_ms;
  return out.str();
}

std::string to_text(const scenario& s) {
  std::ostringstream out;
  out << "replicas " << s.replicas << (s.witness ? "\nwitness" : "") << (s.spare ? "\nspare" : "")
      << "\nprofile " << s.profile << "\ndurability " << (s.ops_on_disk ? "disk" : "memory")
      << "\nack " << (s.replicated ? "replicated" : "processed") << "\npiece-bytes "
      << s.piece_bytes << "\nnetwork " << (s.rough ? "rough" : "quiet") << "\nticks "
      << (s.ticks_when_due ? "due" : "always") << "\nseed " << s.seed << "\nheal "
      << s.faults_end_ms << "\nafter " << s.after_ms << "\n";
  for (const auto& f : s.faults)
    out << to_text(f) << "\n";
  if (s.stays)
    out << "stays " << to_text(*s.stays) << "\n";
  return out.str();
}

namespace {

[[noreturn]] void wrong(const std::string& where, const std::string& what) {
  throw std::runtime_error(where + ": " + what +
                           "; tests/sim/scenarios/README.md describes the lines");
}

fault parse_fault(std::istringstream& words, const std::string& where) {
  fault f;
  std::string kind;
  std::string word;
  words >> f.at_ms >> kind;
  const auto known = std::ranges::find(kinds, kind, &kind_name::name);
  if (!words || known == kinds.end())
    wrong(where, "no fault '" + kind + "'");
  f.kind = known->kind;
  if (known->has_node && !(words >> f.node))
    wrong(where, "which node?");
  while (words >> word) {
    if (word == "for" && words >> f.for_ms)
      continue;
    if (word == "to" && words >> f.value)
      continue;
    if (words && f.other.empty() && (f.kind == fault_kind::cut || f.kind == fault_kind::part))
      f.other = word;
    else
      wrong(where, "can't read '" + word + "'");
  }
  return f;
}

} // namespace

scenario parse_scenario(const std::string& text, const std::string& name) {
  scenario s;
  s.name = name;
  s.rough = false;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto where = name + ":" + std::to_string(number);
    std::istringstream words(line);
    std::string key;
    std::string value;
    if (!(words >> key) || key.starts_with("#"))
      continue;
    bool good = true;
    if (key == "at")
      s.faults.push_back(parse_fault(words, where));
    else if (key == "stays" && words >> value)
      s.stays = parse_fault(words, where);
    else if (key == "witness")
      s.witness = true;
    else if (key == "spare")
      s.spare = true;
    else if (key == "replicas")
      good = static_cast<bool>(words >> s.replicas) && s.replicas > 0 && s.replicas < 6;
    else if (key == "profile")
      good = static_cast<bool>(words >> s.profile) &&
             (s.profile == "lan" || s.profile == "fast" || s.profile == "wifi");
    else if (key == "durability")
      s.ops_on_disk = (words >> value) && value == "disk";
    else if (key == "ack")
      s.replicated = (words >> value) && value == "replicated";
    else if (key == "network")
      s.rough = (words >> value) && value == "rough";
    else if (key == "piece-bytes")
      good = static_cast<bool>(words >> s.piece_bytes) && s.piece_bytes > 0;
    else if (key == "ticks")
      s.ticks_when_due = (words >> value) && value == "due";
    else if (key == "seed")
      good = static_cast<bool>(words >> s.seed);
    else if (key == "runs")
      good = static_cast<bool>(words >> s.runs);
    else if (key == "heal")
      good = static_cast<bool>(words >> s.faults_end_ms);
    else if (key == "after")
      good = static_cast<bool>(words >> s.after_ms);
    else if (key == "outage")
      good = static_cast<bool>(words >> s.expect.outage_ms.emplace());
    else if (key == "outage-from")
      good = static_cast<bool>(words >> s.outage_from_ms);
    else if (key == "view-changes")
      good = static_cast<bool>(words >> s.expect.view_changes.emplace());
    else if (key == "taken-out")
      good = static_cast<bool>(words >> s.expect.taken_out.emplace());
    else
      wrong(where, "no line begins with '" + key + "'");
    if (!good)
      wrong(where, "can't read what follows '" + key + "'");
  }
  return s;
}

} // namespace monopod::sim
