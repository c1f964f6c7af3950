// gRPC's health check as a command, for probes that run one.
#pragma once

#include <string>

namespace monopod::control {

struct health_options {
  std::string gateway = "127.0.0.1:50051";
  std::string service; // empty: the whole server
  double timeout_s = 1;
};

/// Returns 0 if the gateway serves, else 1, with the reason on stderr.
int check_health(const health_options& o);

} // namespace monopod::control
