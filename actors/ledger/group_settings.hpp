// The settings that replication takes from the configuration.
#pragma once

#include "core/config/config.hpp"
#include "replication/lease.hpp"
#include "replication/node_state.hpp"
#include "replication/replica.hpp"

#include <string>
#include <vector>

namespace monopod {

/// The members of the group, in order of their names; none: a node on its own.
std::vector<place> places_of(const config& conf);

/// The settings with which a member of the group starts its replica; the caller adds clock and
/// chance (first_epoch, seed).
replica_settings settings_of(const config& conf, const node_state& state);

/// The endpoint that this member binds for the others: as configured, or the port of
/// `group.discover` at all of its addresses.
std::string peer_listen(const config& conf);

/// The profile's H, D, L and G (docs/replication.md).
lease_times times_of(lease_profile profile);

} // namespace monopod
