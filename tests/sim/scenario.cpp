// Scenarios as text.
#include "tests/sim/scenario.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

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
    kind_name{fault_kind::echo, "echo", true, true},
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
    kind_name{fault_kind::ahead, "ahead", true, true},
    kind_name{fault_kind::promote, "promote", true, false},
    kind_name{fault_kind::lie, "lie", true, false},
};

const kind_name& name_of(fault_kind kind) {
  return *std::ranges::find(kinds, kind, &kind_name::kind);
}

} // namespace

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
