// What frequent messages between replicas look like, so that pack() leaves little of them.
#pragma once

#include "schemas/peer_generated.h"

#include <cstdint>
#include <span>

namespace monopod {

/// What a message begins with: its kind, where the rest is packed, or this.
inline constexpr auto as_it_is = static_cast<std::uint8_t>(wire::PeerBody::NONE);

/// A wire::PeerMessage of that kind with all fields set, where such are sent all the time; empty
/// for other kinds. Both ends must have the same.
std::span<const std::uint8_t> shape_of(wire::PeerBody kind);

} // namespace monopod
