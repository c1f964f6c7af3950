// A gRPC server with one completion queue and its thread.
#pragma once

#include "tools/control/completion.hpp"
#include "tools/control/habits/processor_turns.hpp"
#include "tools/control/liveness_check.hpp"

#include <grpcpp/completion_queue.h>
#include <grpcpp/server.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <thread>

namespace monopod::control {

/// Listens from its constructor on, and serves from start() on. It lets clients ping as often as
/// those of connect_to() do, takes frames of any allowed size, and does not
/// share its port.
class call_server {
public:
  /// The services must outlive it. Throws std::runtime_error with the remedy if it can't listen.
  call_server(const std::string& listen, std::initializer_list<grpc::Service*> services,
              liveness_check liveness = liveness_check::pings);
  /// No call may be there any more: one that starts an operation on a queue that is shut down ends
  /// the process.
  ~call_server();
  call_server(const call_server&) = delete;
  call_server& operator=(const call_server&) = delete;

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  /// Completions are handled in turns, if there are any, which must outlive it.
  void start(processor_turns* turns = nullptr);
  /// Takes no more calls and breaks off those that are there, which then end on the queue's thread.
  void break_off();

private:
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

} // namespace monopod::control
