// Named sets of a link's options, in one table.
#pragma once

#include "core/ensure.hpp"
#include "core/limits.hpp"

namespace monopod {

enum class link_profile {
  camera, // towards cameras: many and unauthenticated; slow ones must not hurt others
  link,   // between stages
  app,    // towards applications
  peer,   // between the nodes of a group
};

struct profile_options {
  int send_hwm;
  int receive_hwm;
  int opening_ms; // a connection that says nothing is closed
  int probe_ms;   // the kernel asks a silent machine whether it is there: its kernel answers, which
                  // says nothing about a stage
  int silence_ms; // and gives the connection up
  int unacknowledged_ms; // the same if sent bytes are not acknowledged
  int retry_ms;          // of a connecting end
  int retry_max_ms;
  int backlog; // connections that the kernel holds for accept
};

constexpr profile_options options_of(link_profile p) {
  switch (p) {
  case link_profile::camera:
    return {limits::camera_send_hwm, limits::link_hwm, 5000, 2000, 6000, 6000, 20, 1000, 1024};
  case link_profile::link:
    return {limits::link_hwm, limits::link_hwm, 5000, 1000, 3000, 3000, 10, 500, 64};
  case link_profile::app:
    return {limits::app_hwm, limits::link_hwm, 5000, 1000, 3000, 3000, 10, 1000, 256};
  case link_profile::peer: // a node that returns is heard within a lease; beats are heartbeats
    return {limits::peer_hwm, limits::peer_hwm, 1000, 5000, 15000, 1500, 10, 50, 64};
  }
  MONOPOD_ENSURE(false, "link profile");
}

} // namespace monopod
