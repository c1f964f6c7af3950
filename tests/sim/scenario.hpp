// A scenario: the kind of group, its faults and the expected result. It can be written as text.
#pragma once

#include "replication/rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace monopod::sim {

constexpr std::uint64_t ms = 1'000'000; // nanoseconds

enum class fault_kind : std::uint8_t {
  crash,         // kill -9, and a new start after `for`; unsynced data is lost
  lose_file,     // the same, and the state directory is lost
  pause,         // SIGSTOP, and SIGCONT after `for`
  mute,          // nobody hears it
  deaf,          // it hears nobody
  isolate,       // both, its cameras and the cloud included
  cut,           // one direction between two nodes
  part,          // both directions between two nodes
  split,         // the group in two: the nodes whose bits `value` has, and the others
  loss,          // `value` percent of all messages are lost
  echo,          // its messages arrive twice, the second time `value` ms later
  slow_disk,     // each sync takes `value` ms
  no_ops,        // it answers beats, but ops do not reach it
  slew,          // its clock runs at `value` per mille of true time
  step,          // its wall clock steps by `value` s
  terminate,     // SIGTERM: it leaves, ends, and starts again after `for`
  hand_over,     // like SIGTERM of the primary, but its process does not end
  replace_voter, // `monopod members`: the spare node votes in its place
  clone,         // a second process under its name, with another state directory
  cloud_down,    // the cloud does not answer
  relink,        // its replicator starts again; messages on their way are lost or late
  stall,         // from time to time, a turn takes up to `value` ms
  ahead,         // it has heard of an epoch that is higher by `value`
  promote,       // `monopod promote --force` there
  lie,           // it tells the others what is not true
};

/// One fault. `node` and `other` are an index, or the role of a node at that moment.
struct fault {
  std::uint64_t at_ms = 0;
  fault_kind kind = fault_kind::crash;
  std::string node;  // "0", "primary", "backup", "witness", "all"
  std::string other; // for cut and part
  std::uint64_t for_ms = 0;
  std::int64_t value = 0;
};

struct expectation {
  std::optional<std::uint64_t> outage_ms;    // p99 over the runs
  std::optional<std::uint64_t> view_changes; // at most, in each run
  std::optional<std::uint64_t> taken_out;    // at most so many members taken out of in_sync, in
                                             // each run
};

/// The kind of group, how long the parts of a run take, and the faults.
struct scenario {
  std::string name;
  std::uint64_t seed = 1;
  mutant broken = mutant::none;
  int replicas = 3;
  bool witness = false; // two replicas and a witness
  bool spare = false;   // another replica, which does not vote at first
  std::string profile = "lan";
  bool ops_on_disk = false;
  bool replicated = false;               // broker.ack = replicated (ADR 15)
  std::uint64_t piece_bytes = 64 * 1024; // of snapshots
  bool rough = true;          // random delays, reordering and duplicates; if not, a quiet LAN
  bool ticks_when_due = true; // ticks come at next_tick_ns(); if not, every H / 4
  bool codec = false;         // messages pass through schemas/peer.fbs
  std::uint64_t faults_end_ms = 2200; // then everything heals, except `stays`
  std::uint64_t after_ms = 900;       // within this, progress is demanded
  std::uint64_t outage_from_ms = 150; // an outage before this, the start above all, is not measured
  std::vector<fault> faults;
  std::optional<fault> stays; // the fault that does not heal: mute, deaf or crash
  // Only in a scenario file.
  int runs = 1;
  expectation expect;
};

/// A random scenario. All of it follows from the seed.
scenario random_scenario(std::uint64_t seed, mutant broken);

/// A scenario as text, with one fault on each line, and back. Throws std::runtime_error with the
/// line and the remedy.
std::string to_text(const scenario& s);
scenario parse_scenario(const std::string& text, const std::string& name);

std::string to_text(const fault& f);

} // namespace monopod::sim
