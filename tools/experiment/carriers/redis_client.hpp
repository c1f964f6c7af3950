// What cameras and applications of Redis streams do, whichever server they talk to.
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

/// std::runtime_error where nobody answers. `timeout_ms`: of the connection, and of each command;
/// 0: none.
redis_connection connected_to_redis(const std::string& host, std::uint16_t port,
                                    std::uint32_t timeout_ms = 0);

/// Owns what redisCommand() gave; std::runtime_error where that is nothing or an error.
redis_reply checked_reply(void* answer);

/// Adds a frame to the camera's stream, which keeps some 256 of them. As checked_reply().
void add_to_stream(redisContext& c, std::size_t camera, const payload& body);

/// Where an application is in the streams of all cameras: at their start, when constructed.
class stream_reader {
public:
  explicit stream_reader(std::size_t cameras) : ids_(cameras, "0-0") {}

  enum class outcome { more, nothing, ended };
  /// Waits for frames after the last ones for up to `block_ms` and gives them to `take`, in each
  /// camera's order, until it says that this was the last. As checked_reply().
  outcome read(redisContext& c, std::uint32_t block_ms,
               const std::function<bool(const void*, std::size_t)>& take);

private:
  std::vector<std::string> ids_; // of the last entries, by camera
};

} // namespace monopod::experiment
