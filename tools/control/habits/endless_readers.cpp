#include "tools/control/habits/endless_readers.hpp"

#include "core/log.hpp"
#include "core/names.hpp"
#include "tools/control/vei.pb.h"

#include <utility>

namespace monopod::control {

namespace {

// One round of the loop: nothing was read, so the message is empty and its sender has no name,
// which is refused. True if it is accepted: never.
bool publish_nothing(std::string& text) {
  const VEIv1_0::PubImageParams request;
  VEIv1_0::ImageData message;
  message.set_image(request.image());
  message.set_timestamp(request.timestamp());
  return message.SerializeToString(&text) && valid_name(request.cameraid());
}

} // namespace

void endless_readers::read_on(std::string_view stream, const std::string& peer) {
  const std::lock_guard lock(mutex_);
  if (stopping_)
    return;
  if (threads_.size() >= at_most) {
    log_limited(log_level::warn, "gateway", "a stream was cut and is not read on: too many are",
                {{"stream", stream}, {"peer", peer}, {"endless_reads", threads_.size()}});
    return;
  }
  threads_.emplace_back([this] { spin(); });
  count_ = threads_.size();
  log_warn("gateway", "a stream was cut and is read on for ever",
           {{"stream", stream}, {"peer", peer}, {"endless_reads", threads_.size()}});
}

void endless_readers::stop() {
  stopping_ = true;
  std::vector<std::thread> ending;
  {
    const std::lock_guard lock(mutex_);
    ending = std::exchange(threads_, {});
  }
  for (auto& t : ending)
    t.join();
}

void endless_readers::spin() const {
  std::string text;
  while (!stopping_) {
    const processor_turns::turn turn(&turns_);
    const auto end = std::chrono::steady_clock::now() + processor_turns::longest;
    while (!stopping_ && std::chrono::steady_clock::now() < end && !publish_nothing(text)) {
    }
  }
}

} // namespace monopod::control
