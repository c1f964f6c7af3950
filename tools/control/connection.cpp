#include "tools/control/connection.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

namespace monopod::control {

namespace {

constexpr int reconnect_first_ms = 100;
constexpr int reconnect_last_ms = 1000;
constexpr int connect_patience_ms = 1000;

} // namespace

std::shared_ptr<grpc::Channel> connect_to(const std::string& gateway, liveness_check liveness) {
  grpc::ChannelArguments arguments;
  if (liveness == liveness_check::pings) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, ping_period_ms);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ping_patience_ms);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  }
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, reconnect_first_ms);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, connect_patience_ms);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, reconnect_last_ms);
  arguments.SetMaxReceiveMessageSize(message_bytes);
  return grpc::CreateCustomChannel(gateway, grpc::InsecureChannelCredentials(), arguments);
}

} // namespace monopod::control
