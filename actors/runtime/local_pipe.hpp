// The pipe between two links of one loop: two bounded queues instead of a ZeroMQ pipe.
#pragma once

#include "core/payload.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace monopod {

class link;

/// One direction. Used on the loop's thread only.
class local_queue {
public:
  struct message {
    std::vector<std::uint8_t> envelope; // aligned: operator new
    payload body;
  };

  /// False if `limit` messages wait already; then nothing was taken.
  bool push(std::span<const std::uint8_t> envelope, const payload* body, std::size_t limit) {
    if (messages_.size() >= limit)
      return false;
    messages_.push_back({{envelope.begin(), envelope.end()}, body != nullptr ? *body : payload{}});
    return true;
  }
  bool empty() const { return messages_.empty(); }
  message pop() {
    auto m = std::move(messages_.front());
    messages_.pop_front();
    return m;
  }

private:
  std::deque<message> messages_;
};

/// Shared by both links. A server that goes sets its pointer to null; a client that goes is
/// forgotten by its server.
struct local_pipe {
  link* server = nullptr;
  link* client = nullptr; // alive while the server knows the pipe
  std::uint64_t peer = 0; // the client, as the server knows it
  local_queue to_server;
  local_queue to_client;
};

} // namespace monopod
