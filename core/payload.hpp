// The immutable bytes of a frame, shared by everything that still needs them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace monopod {

/// A reference-counted, immutable run of bytes. Copies share the bytes, and the last copy releases
/// them on whatever thread it is, a vision stage's included; the owner given to the constructor
/// must allow that. The count is our own, since zmq_msg_copy marks its source without a lock.
class payload {
public:
  payload() = default;

  /// `owner` keeps `bytes` alive, and is released with the last copy.
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
