#include "tools/control/camera/options.hpp"

namespace monopod::control {

void declare(CLI::App& app, publisher_options& o) {
  app.description("Publishes frames to the control's gateway, from the sources of monopod-camera.");
  app.add_option("--gateway", o.gateway, "HOST:PORT of the gateway")->capture_default_str();
  declare_feed(app, o.feed, "--name,--camera");
  app.add_option("--drain-s", o.feed.drain_s, "wait this long for the gateway's last answer")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  declare_keepalive(app, o.liveness);
  app.footer("While the gateway is away, the last two seconds of frames wait, at least 64; older "
             "ones are dropped. VEI acknowledges no frame: what was sent when a stream broke may "
             "be lost.\n"
             "Exit code: 0 when all frames were sent and the gateway answered; 1 when not; 2 for "
             "wrong usage.");
}

} // namespace monopod::control
