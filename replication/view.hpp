// Members and voters of a group, and the value that the voters agree on: the view.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// One life of a node. The lower half of an incarnation is drawn once for each state directory, and
/// the upper half counts the starts in it (C5). So two processes never share one, and of two lives
/// in one directory the later one can be told.
struct member {
  std::string name;
  std::uint64_t incarnation = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for a pointer
  auto operator<=>(const member&) const = default;
};

/// Whether `newer` proves that `older` has ended, since only one process at a time holds the lock
/// of a state directory (C3, C5). A clone in another directory proves nothing.
inline bool succeeds(const member& newer, const member& older) {
  constexpr std::uint64_t directory = 0xffffffff;
  return newer.name == older.name && newer.incarnation > older.incarnation &&
         (newer.incarnation & directory) == (older.incarnation & directory);
}

/// A voter's name and the random id in its state file: a node that lost the file is another voter
/// (R3, R4).
struct voter {
  std::string name;
  std::uint64_t id = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for a pointer
  auto operator<=>(const voter&) const = default;
};

/// The number of a round of the register. It is unique, since a proposer never uses a round twice
/// and no two processes share an incarnation (R2). The default one is below all others.
struct ballot {
  std::uint64_t round = 0;
  std::string proposer;
  std::uint64_t incarnation = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for a pointer
  auto operator<=>(const ballot&) const = default;

  /// The proposer's next ballot. A voter that accepts this ballot promises it (R2).
  ballot next() const { return {round + 1, proposer, incarnation}; }
};

/// The register's value. It never changes once it is made, and is shared by everything that knows
/// it.
struct group_view {
  std::uint64_t version = 0; // rises by 1 with each change; 0: the founders, before there is a
                             // value
  std::uint64_t epoch = 0;
  member primary;
  std::vector<member> in_sync; // the primary among them
  std::vector<voter> voters;
  ballot born;     // the round that made it: its identity
  ballot previous; // the `born` of the view that it was made from (I7)
  bool operator==(const group_view&) const = default;

  bool holds(const member& m) const { return std::ranges::find(in_sync, m) != in_sync.end(); }
  bool lists(const voter& v) const { return std::ranges::find(voters, v) != voters.end(); }
  bool lists(std::string_view name) const {
    return std::ranges::find(voters, name, &voter::name) != voters.end();
  }
};

using view_ptr = std::shared_ptr<const group_view>;

/// How far a log of ops goes: the birth epoch and the index of its last op.
struct position {
  std::uint64_t epoch = 0;
  std::uint64_t index = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for a pointer
  auto operator<=>(const position&) const = default;
};

} // namespace monopod
