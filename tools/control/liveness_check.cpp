#include "tools/control/liveness_check.hpp"

#include <CLI/CLI.hpp>

namespace monopod::control {

CLI::Option* declare_keepalive(CLI::App& app, liveness_check& liveness) {
  return app.add_flag_callback(
      "--default-keepalive", [&liveness] { liveness = liveness_check::tcp; },
      "send no pings of its own, as gRPC and NATS do by default: a peer that lost power is "
      "noticed after minutes, or when something is written to it");
}

} // namespace monopod::control
