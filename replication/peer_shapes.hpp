// The shapes of frequent messages between replicas, against which pack() leaves little of them.
#pragma once

#include "schemas/peer_generated.h"

#include <cstdint>
#include <span>

namespace monopod {

/// The first byte of a message is its kind if the rest is packed, and this if it is not.
inline constexpr auto as_it_is = static_cast<std::uint8_t>(wire::PeerBody::NONE);

/// A wire::PeerMessage of that kind with all fields set, for the kinds that are sent all the time;
/// empty for the others. Both ends must have the same shapes: with another shape, peer_version
/// rises and peer_version_oldest with it (peer_codec.hpp).
std::span<const std::uint8_t> shape_of(wire::PeerBody kind);

} // namespace monopod
