// The settings of both ends of a gRPC connection.
#pragma once

#include "core/limits.hpp"
#include "tools/control/completion.hpp"
#include "tools/control/liveness_check.hpp"

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <memory>
#include <string>
#include <thread>

namespace monopod::control {

inline constexpr int ping_period_ms = 2000;
inline constexpr int ping_patience_ms = 2000;

/// The receiver refuses a larger message.
inline constexpr int message_bytes = static_cast<int>(limits::frame_bytes + limits::envelope_bytes);

/// Connects when it is first used, and again by itself within a second. With pings it gives up on a
/// silent gateway after four seconds. `gateway` is HOST:PORT.
std::shared_ptr<grpc::Channel> connect_to(const std::string& gateway,
                                          liveness_check liveness = liveness_check::pings);

/// A client's completion queue with its thread. Destroy it after all operations on it have ended.
class client_queue {
public:
  client_queue() : thread_([this] { run_completions(queue_); }) {}
  ~client_queue() {
    queue_.Shutdown();
    thread_.join();
  }
  client_queue(const client_queue&) = delete;
  client_queue& operator=(const client_queue&) = delete;

  grpc::CompletionQueue& queue() { return queue_; }

private:
  grpc::CompletionQueue queue_;
  std::thread thread_;
};

} // namespace monopod::control
