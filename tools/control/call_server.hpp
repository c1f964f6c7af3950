// A gRPC server with one completion queue and its thread.
#pragma once

#include "tools/control/completion.hpp"

#include <grpcpp/completion_queue.h>
#include <grpcpp/server.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <thread>

namespace monopod::control {

/// Listens from its constructor on and serves from start() on. Lets clients ping as often as those
/// of connect_to() do, gives up silent ones, takes frames of any allowed size, and shares its port
/// with nobody.
class call_server {
public:
  /// The services outlive it. Throws std::runtime_error with the remedy where it can't listen.
  call_server(const std::string& listen, std::initializer_list<grpc::Service*> services);
  /// Breaks all calls off, and runs their last completions.
  ~call_server();
  call_server(const call_server&) = delete;
  call_server& operator=(const call_server&) = delete;

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  void start();

private:
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

} // namespace monopod::control
