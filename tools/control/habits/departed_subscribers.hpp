// The gateway's habit of ending when it writes to a subscriber that has left
// (--ends-with-subscriber).
#pragma once

#include "tools/control/nats_bus.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace monopod::control {

/// VEI ends by log.Fatal when it can't write to a subscriber, with all its other cameras and
/// applications. It never looks whether a subscriber is still there: one that leaves while its
/// camera is silent stays subscribed, and the next frame ends the gateway.
class departed_subscribers {
public:
  /// Further ones that leave are forgotten, as without the habit.
  static constexpr std::size_t at_most = 1024;

  /// Keeps the subscription of a subscriber that has left. On one thread.
  void keep(std::unique_ptr<nats_bus::subscription> s);
  /// A frame can't be written: ends the process with exit code 1 at once and tidies nothing up, as
  /// log.Fatal does. Returns only if the gateway is stopping. Any thread.
  void write_failed(const std::string& peer) const;

  /// From now on subscribers may leave. Any thread.
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

private:
  std::atomic<bool> stopping_ = false;
  std::vector<std::unique_ptr<nats_bus::subscription>> kept_;
};

} // namespace monopod::control
