// The cloud's confirmations on their way to the calls that wait for them (--answers-after-cloud).
#pragma once

#include "tools/control/completion.hpp"

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace monopod::control {

/// Confirmations arrive on the thread that reads from the broker. Calls belong to the completion
/// queue's thread, and are told there.
class confirmation_inbox {
public:
  using receiver = std::function<void(bool confirmed)>; // false: the cloud will not have the result

  /// Tells `r` of each confirmation that arrives with the returned number, which is never 0, until
  /// forget(). On the queue's thread.
  std::uint64_t expect(receiver r);
  void forget(std::uint64_t number) { receivers_.erase(number); }

  /// Wakes the queue's thread, unless the inbox is closed. Confirmations that nobody expects are
  /// dropped. Any thread.
  void arrived(std::uint64_t number, grpc::CompletionQueue* queue, bool confirmed);
  /// Confirmations that arrive from now on are dropped, and no queue is used any more. Call it
  /// before the queue is shut down. Any thread.
  void close();

private:
  void tell(bool ok);

  std::unordered_map<std::uint64_t, receiver> receivers_; // on the queue's thread
  std::uint64_t last_number_ = 0;                         // on the queue's thread

  std::mutex mutex_;                                    // guards the members below
  std::vector<std::pair<std::uint64_t, bool>> arrived_; // bounded by what the broker may owe
  bool woken_ = false;
  bool closed_ = false;
  grpc::Alarm alarm_;
  step<confirmation_inbox> tell_{*this, &confirmation_inbox::tell};
};

} // namespace monopod::control
