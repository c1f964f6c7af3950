#include "actors/ledger/group_settings.hpp"

#include "core/ensure.hpp"
#include "core/host_port.hpp"
#include "core/limits.hpp"

#include <cstdint>

namespace monopod {

namespace {

// Pieces of a snapshot; fewer than a joiner would take. The more are on their way, the longer both
// ends work without a pause while frames wait (docs/failover.md, catch-up).
constexpr std::uint64_t pieces_in_flight = 2;
static_assert(pieces_in_flight <= limits::snapshot_pieces_in_flight);

constexpr lease_times in_ms(std::uint64_t beat, std::uint64_t silence, std::uint64_t lease,
                            std::uint64_t promise) {
  constexpr std::uint64_t ms = 1'000'000;
  return {beat * ms, silence * ms, lease * ms, promise * ms};
}

} // namespace

std::vector<place> places_of(const config& conf) {
  std::vector<place> places;
  for (const auto& [name, m] : conf.member)
    places.push_back({name, m.role == member_role::replica, m.votes});
  return places;
}

replica_settings settings_of(const config& conf, const node_state& state) {
  replica_settings s;
  s.self = {conf.node, state.incarnation()};
  s.voter_id = state.voter_id;
  s.group = places_of(conf);
  s.times = times_of(conf.group.profile);
  s.pieces.in_flight = pieces_in_flight;
  s.ops_on_disk = conf.ledger.durability == ledger_durability::disk;
  return s;
}

std::string peer_listen(const config& conf) {
  const auto& me = conf.member.at(conf.node);
  if (!me.listen.empty())
    return me.listen;
  if (!me.address.empty())
    return me.address;
  const auto name = split_host_port(conf.group.discover);
  MONOPOD_ENSURE(name.has_value(), "a member without address is one that is discovered");
  return "tcp://0.0.0.0:" + std::string(name->port);
}

lease_times times_of(lease_profile profile) {
  switch (profile) {
  case lease_profile::fast:
    return in_ms(5, 20, 40, 48);
  case lease_profile::wifi:
    return in_ms(50, 150, 300, 360);
  case lease_profile::lan:
    break;
  }
  return in_ms(20, 60, 120, 145);
}

} // namespace monopod
