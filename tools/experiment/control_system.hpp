// The control: monopod-control, which has the thesis's architecture and does the same work.
#pragma once

#include "tools/experiment/system.hpp"

#include <memory>

namespace monopod::experiment {

/// Habits of VEI that the control may have, by flags of monopod-control (ADR 19). By default it has
/// none of them.
struct control_habits {
  bool vei_encoding = false;         // frames go through NATS as JSON with base64
  bool reads_on = false;             // a stream that is cut is read on for ever
  bool ends_with_subscriber = false; // the gateway ends when a subscriber leaves
  bool answers_after_cloud = false;  // a call for each result, which waits for the cloud
  bool queues_without_bound = false; // to subscribers
  bool default_keepalive = false;    // of gateway, application and cameras
};

/// A gateway, vision applications and a nats-server, each in a process of its own.
std::unique_ptr<pipeline_system> start_control(const surroundings& s, const control_habits& h = {});

} // namespace monopod::experiment
