// A member that is wrong about everything, as after a defect or with another version's fields.
#pragma once

#include "replication/replica.hpp"
#include "tests/sim/random.hpp"

#include <string>

namespace monopod::sim {

/// Names an epoch that is out of reach. Each such message takes its receiver one leap further, and
/// later the group a failover, so one is enough.
peer::message far_ahead(random_source& random);

/// A message that `who` has no reason to send to the replica of that name: a view that nobody
/// decided, or nonsense. Never a false vote: the register bears members that crash and not members
/// that lie (ADR 25).
peer::message untrue_message(const replica& who, const std::string& to, random_source& random);

} // namespace monopod::sim
