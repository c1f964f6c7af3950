// What replication takes from the configuration.
#pragma once

#include "core/config.hpp"
#include "replication/lease.hpp"
#include "replication/replica.hpp"

#include <vector>

namespace monopod {

/// The members of the group, in order of their names; none: a node on its own.
std::vector<place> places_of(const config& conf);

/// The profile's H, D, L and G (design, section 5).
lease_times times_of(lease_profile profile);

} // namespace monopod
