#include "tools/control/health.hpp"

#include "tools/control/connection.hpp"
#include "tools/control/health.grpc.pb.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <cstdio>

namespace monopod::control {

int check_health(const health_options& o) {
  using namespace grpc::health::v1;
  const auto stub = Health::NewStub(connect_to(o.gateway));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(static_cast<int>(o.timeout_s * 1000)));
  HealthCheckRequest request;
  request.set_service(o.service);
  HealthCheckResponse response;
  const auto status = stub->Check(&context, request, &response);
  if (status.ok() && response.status() == HealthCheckResponse::SERVING)
    return 0;
  std::fprintf(stderr, "monopod-control: %s is not serving: %s\n", o.gateway.c_str(),
               status.ok() ? "its part of NATS is away" : status.error_message().c_str());
  return 1;
}

} // namespace monopod::control
