// The habits of the original that the gateway may be given, each by a flag of its own.
#pragma once

#include "tools/control/liveness_check.hpp"

namespace monopod::control {

/// Without them the control behaves well, which is the default (docs/adr/0019).
struct gateway_habits {
  bool reads_on = false;             // after a publish stream that was cut: endless_readers.hpp
  bool ends_with_subscriber = false; // departed_subscribers.hpp
  bool answers_after_cloud = false;  // confirmed_upload.hpp
  bool queues_without_bound = false; // to subscribers
  liveness_check liveness = liveness_check::pings; // of gRPC and of NATS
};

} // namespace monopod::control
