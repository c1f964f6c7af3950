// Operations of cameras and applications on Redis streams, with any kind of server.
#pragma once

#include "core/payload.hpp"

#include <hiredis/hiredis.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod::experiment {

using redis_connection = std::shared_ptr<redisContext>;
using redis_reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

/// Throws std::runtime_error if no server answers. `timeout_ms` limits the connection and each
/// command; 0 means no limit.
redis_connection connected_to_redis(const std::string& host, std::uint16_t port,
                                    std::uint32_t timeout_ms = 0);

/// Owns the answer of redisCommand(); std::runtime_error if there is none, or if it is an error.
redis_reply checked_reply(void* answer);

/// Adds a frame to the camera's stream, which keeps some 256 frames. Throws as checked_reply()
/// does.
void add_to_stream(redisContext& c, std::size_t camera, const payload& body);

/// The position of an application in the streams of all cameras; at their start when constructed.
class stream_reader {
public:
  explicit stream_reader(std::size_t cameras) : ids_(cameras, "0-0") {}

  enum class outcome { more, nothing, ended };
  /// Waits up to `block_ms` for frames after the last ones, and gives them to `take`, in each
  /// camera's order, until it says that this was the last. Throws as checked_reply() does.
  outcome read(redisContext& c, std::uint32_t block_ms,
               const std::function<bool(const void*, std::size_t)>& take);

private:
  std::vector<std::string> ids_; // of the last entries, by the camera's index
};

} // namespace monopod::experiment
