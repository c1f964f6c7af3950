// A view of a group, for tests of messages and files that carry it.
#pragma once

#include "core/limits.hpp"
#include "replication/view.hpp"

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

namespace monopod {

inline std::ostream& operator<<(std::ostream& out, const group_view& v) {
  return out << "view " << v.version;
}

/// A different view for each version, which must not be 0.
inline view_ptr some_view(std::uint64_t version) {
  group_view v;
  v.version = version;
  v.epoch = version << 16;
  v.primary = {"a", version};
  v.in_sync = {v.primary, {"b", 7}};
  v.voters = {{"a", 11}, {"b", 12}, {"w", version}};
  v.born = {version, "a", version};
  v.previous = {version - 1, "b", 7};
  return std::make_shared<const group_view>(std::move(v));
}

/// A view that is as large as one can be.
inline view_ptr largest_view() {
  const std::string name(limits::name_bytes, 'n');
  group_view v = *some_view(9);
  v.primary.name = v.born.proposer = v.previous.proposer = name;
  v.in_sync.assign(limits::group_members, {name, 1});
  v.voters.assign(limits::group_members, {name, 2});
  return std::make_shared<const group_view>(std::move(v));
}

} // namespace monopod
