// The other end of the pipeline: a private MQTT broker and monopod-collect behind it.
#pragma once

#include "tools/harness/programs.hpp"
#include "tools/harness/servers.hpp"

#include <string>

namespace monopod {

/// Subscribed when constructed; throws std::runtime_error if that fails.
class consumer {
public:
  explicit consumer(const std::string& collect_program);

  std::uint16_t mqtt_port() const { return broker_.port(); }

  struct latencies {
    double p50_us = 0;
    double p95_us = 0;
    double p99_us = 0;
    std::size_t results = 0;
  };
  /// Ends the collection. Call it once.
  void stop();
  /// Latencies from the camera's stamp to just before publication, of the cameras whose names
  /// begin with `camera_prefix`. Only after stop().
  latencies of(const std::string& camera_prefix) const;

private:
  harness::mqtt_broker broker_;
  harness::collector_process collector_;
};

} // namespace monopod
