// What happens to a group: its make, the faults, and what is expected; as text, too.
#pragma once

#include "replication/rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace monopod::sim {

constexpr std::uint64_t ms = 1'000'000; // nanoseconds

enum class fault_kind : std::uint8_t {
  crash,         // kill -9 and a new start after `for`; what was not synced is lost
  lose_file,     // the same, and the state directory is gone
  pause,         // SIGSTOP, SIGCONT
  mute,          // nobody hears it
  deaf,          // it hears nobody
  isolate,       // both, its cameras and the cloud included
  cut,           // one direction between two of them
  part,          // both directions between two of them
  split,         // in two: nodes by the bits of `value`
  loss,          // share of all messages that is lost, in percent
  slow_disk,     // each sync takes `value` ms
  no_ops,        // answers beats, but ops do not reach it
  slew,          // its clock runs at `value` per mille of true time
  step,          // its wall clock steps by `value` s
  terminate,     // SIGTERM: it leaves, ends, and starts again after `for`
  hand_over,     // SIGTERM of the primary, without the end of its process
  replace_voter, // `monopod members`: the spare node in its place
  clone,         // a second process under its name, from another state directory
  cloud_down,    // the cloud does not answer
  relink,        // its replicator starts again; what was on its way is lost, or late
  stall,         // its turns take up to `value` ms from time to time
};

/// One fault. `node`, `other`: an index, or by role at that moment: see target.
struct fault {
  std::uint64_t at_ms = 0;
  fault_kind kind = fault_kind::crash;
  std::string node;  // "0", "primary", "backup", "witness", "all"
  std::string other; // of cut and part
  std::uint64_t for_ms = 0;
  std::int64_t value = 0;
};

struct expectation {
  std::optional<std::uint64_t> outage_ms;    // p99 over the runs
  std::optional<std::uint64_t> view_changes; // at most, in each run
  std::optional<std::uint64_t> taken_out;    // members dropped from in_sync, at most, in each run
};

/// How long the parts of a run take, and what kind of group it is.
struct scenario {
  std::string name;
  std::uint64_t seed = 1;
  mutant broken = mutant::none;
  int replicas = 3;
  bool witness = false; // two replicas and a witness
  bool spare = false;   // a further replica that does not vote at first
  std::string profile = "lan";
  bool ops_on_disk = false;
  bool replicated = false; // cameras are acknowledged when all have the frame (ADR 15)
  std::uint64_t piece_bytes = 64 * 1024; // of snapshots
  bool rough = true;          // delays, reorderings and duplicates at random; else a quiet LAN
  bool ticks_when_due = true; // a replica's next_tick_ns() is relied on; else every H / 4
  bool codec = false;         // messages pass through schemas/peer.fbs
  std::uint64_t faults_end_ms = 2200; // then everything heals
  std::uint64_t after_ms = 900;       // and progress is demanded
  std::vector<fault> faults;
  std::optional<fault> stays; // what is not healed: mute, deaf, or crash
  // Of a scenario file.
  int runs = 1;
  expectation expect;
};

/// A random scenario: all of it follows from the seed.
scenario random_scenario(std::uint64_t seed, mutant broken);

/// Text of a scenario, one fault a line, and back. Throws std::runtime_error with line and remedy.
std::string to_text(const scenario& s);
scenario parse_scenario(const std::string& text, const std::string& name);

std::string to_text(const fault& f);

} // namespace monopod::sim
