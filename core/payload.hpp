// The immutable bytes of a frame, shared by all who still need them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace monopod {

/// A counted, immutable run of bytes. Copies share the bytes; the last one releases them, on
/// whichever thread it happens to be (a vision stage's included), so the owner given to the
/// constructor must allow that. The count is our own, since zmq_msg_copy marks its source without a
/// lock.
class payload {
public:
  payload() = default;

  /// `owner` keeps `bytes` alive and is released with the last copy.
  payload(std::shared_ptr<const void> owner, std::span<const std::byte> bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}

  std::span<const std::byte> bytes() const { return bytes_; }
  std::size_t size_bytes() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
};

} // namespace monopod
