// Named sets of a link's options, in one table.
#pragma once

#include "core/ensure.hpp"
#include "core/limits.hpp"

#include <cstddef>

namespace monopod {

enum class link_profile {
  camera, // towards cameras: many and unauthenticated; slow ones must not hurt others
  link,   // between stages
  app,    // towards applications
  peer,   // between the nodes of a group
};

// The defaults are those of a link between stages.
struct profile_options {
  int send_hwm = limits::link_hwm;
  int receive_hwm = limits::link_hwm;
  int opening_ms = 5000;        // a connection that has not opened by then is closed
  int probe_ms = 1000;          // the kernel asks a silent machine whether it is there: its kernel
                                // answers, which says nothing about a stage
  int silence_ms = 3000;        // and gives the connection up
  int unacknowledged_ms = 3000; // the same if sent bytes are not acknowledged
  int retry_ms = 10;            // of a connecting end
  int retry_max_ms = 500;
  int backlog = 64; // connections that the kernel holds for accept
  std::size_t connections = limits::link_connections; // of a serving end
  std::size_t connections_per_address = limits::link_connections;
  std::size_t unfinished_bytes = limits::link_unfinished_bytes;
};

constexpr profile_options options_of(link_profile p) {
  switch (p) {
  case link_profile::camera:
    return {.send_hwm = limits::camera_send_hwm,
            .probe_ms = 2000,
            .silence_ms = 6000,
            .unacknowledged_ms = 6000,
            .retry_ms = 20,
            .retry_max_ms = 1000,
            .backlog = 1024,
            .connections = limits::connections_per_camera * limits::cameras,
            .connections_per_address = limits::connections_per_address,
            .unfinished_bytes = limits::camera_unfinished_bytes};
  case link_profile::link:
    return {};
  case link_profile::app:
    return {.send_hwm = limits::app_hwm,
            .retry_max_ms = 1000,
            .backlog = 256,
            .connections = limits::app_connections,
            .connections_per_address = limits::connections_per_address,
            .unfinished_bytes = limits::app_unfinished_bytes};
  case link_profile::peer: // a node that returns is heard within a lease; beats are heartbeats
    return {.send_hwm = limits::peer_hwm,
            .receive_hwm = limits::peer_hwm,
            .opening_ms = 1000,
            .probe_ms = 5000,
            .silence_ms = 15000,
            .unacknowledged_ms = 1500,
            .retry_max_ms = 50,
            .connections = limits::peer_connections,
            .connections_per_address = limits::peer_connections_per_address,
            .unfinished_bytes = limits::peer_unfinished_bytes};
  }
  MONOPOD_ENSURE(false, "link profile");
}

} // namespace monopod
