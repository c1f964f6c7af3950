// How the ends of a connection notice that a peer is gone.
#pragma once

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace monopod::control {

/// A node that lost power does not say so. Pings of both ends notice it within seconds, but take a
/// peer that is too busy to answer for one that is gone. By default, gRPC and NATS leave it to TCP,
/// which takes minutes.
enum class liveness_check { pings, tcp };

/// The flag of gateway, applications and cameras that leaves it to TCP.
CLI::Option* declare_keepalive(CLI::App& app, liveness_check& liveness);

} // namespace monopod::control
