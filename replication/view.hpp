// Who is who in a group, and the value that its voters agree on: the view.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// One life of a replica. The lower half of an incarnation is drawn once for each state directory,
/// the upper half rises with every start in it (C5): two processes never share one, and which of
/// two lives in one directory came later can be told.
struct member {
  std::string name;
  std::uint64_t incarnation = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for a pointer
  auto operator<=>(const member&) const = default;
};

/// True where `newer` proves that `older` has ended: only one process at a time holds the lock of a
/// state directory (C3, C5). A clone in another directory proves nothing.
inline bool succeeds(const member& newer, const member& older) {
  constexpr std::uint64_t directory = 0xffffffff;
  return newer.name == older.name && newer.incarnation > older.incarnation &&
         (newer.incarnation & directory) == (older.incarnation & directory);
}

/// A voter's name and the random id in its state file: who lost the file is another voter (R4).
struct voter {
  std::string name;
  std::uint64_t id = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for a pointer
  auto operator<=>(const voter&) const = default;
};

/// Numbers a round of the register; unique, since a proposer never uses a round twice and no two
/// processes share an incarnation (R2). The default one is below all others.
struct ballot {
  std::uint64_t round = 0;
  std::string proposer;
  std::uint64_t incarnation = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for a pointer
  auto operator<=>(const ballot&) const = default;

  /// The proposer's following ballot, which it is promised with each value of its own that is
  /// accepted.
  ballot next() const { return {round + 1, proposer, incarnation}; }
};

/// The register's value. Never changes once made; shared by all who know it.
struct group_view {
  std::uint64_t version = 0; // 0: the founders, before there is a value
  std::uint64_t epoch = 0;
  member primary;
  std::vector<member> in_sync; // the primary among them
  std::vector<voter> voters;
  ballot born;     // the round that made it: its identity
  ballot previous; // that of the view it was made from (I7)

  bool holds(const member& m) const { return std::ranges::find(in_sync, m) != in_sync.end(); }
  bool lists(const voter& v) const { return std::ranges::find(voters, v) != voters.end(); }
  bool lists(std::string_view name) const {
    return std::ranges::find(voters, name, &voter::name) != voters.end();
  }
};

using view_ptr = std::shared_ptr<const group_view>;

/// How far a log of ops goes: birth epoch and index of its last op.
struct position {
  std::uint64_t epoch = 0;
  std::uint64_t index = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for a pointer
  auto operator<=>(const position&) const = default;
};

} // namespace monopod
