#include "tools/control/call_server.hpp"

#include "core/log.hpp"
#include "tools/control/connection.hpp"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <stdexcept>

namespace monopod::control {

namespace {

// As a goroutine keeps its processor until it has nothing more to do or is interrupted, a turn
// covers all completions that are there. The work of gRPC itself, while it waits, takes no turn.
void run_completions_in_turns(grpc::CompletionQueue& queue, processor_turns& turns) {
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
    const processor_turns::turn turn(&turns);
    const auto end = std::chrono::steady_clock::now() + processor_turns::longest;
    do
      static_cast<completion*>(tag)->done(ok);
    while (std::chrono::steady_clock::now() < end &&
           queue.AsyncNext(&tag, &ok, std::chrono::system_clock::time_point()) ==
               grpc::CompletionQueue::GOT_EVENT);
  }
}

} // namespace

call_server::call_server(const std::string& listen, std::initializer_list<grpc::Service*> services,
                         liveness_check liveness) {
  grpc::ServerBuilder builder;
  if (liveness == liveness_check::pings) {
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, ping_period_ms);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ping_patience_ms);
  }
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             ping_period_ms / 2);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(message_bytes);
  int port = 0;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  for (auto* service : services)
    builder.RegisterService(service);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0)
    throw std::runtime_error("can't listen at " + listen + ": set --listen to a free HOST:PORT");
  log_info("gateway", "listening", {{"address", listen}, {"port", port}});
}

call_server::~call_server() {
  break_off();
  queue_->Shutdown();
  if (thread_.joinable())
    thread_.join();
  else
    run_completions(*queue_);
}

void call_server::break_off() {
  server_->Shutdown(std::chrono::system_clock::now()); // the streams never end by themselves
}

void call_server::start(processor_turns* turns) {
  thread_ = std::thread([this, turns] {
    if (turns == nullptr)
      run_completions(*queue_);
    else
      run_completions_in_turns(*queue_, *turns);
  });
}

} // namespace monopod::control
