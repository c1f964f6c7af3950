// An op between the broker, which writes it, and the ledger stage, which gives it its place; and
// the pictures that come with ops.
#pragma once

#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/payload.hpp"
#include "replication/op_bytes.hpp"
#include "schemas/ledger_generated.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace monopod {

/// The bytes of an op with a Finished or FrameTaken body. Index, epoch and a Finished body's
/// committed_at_ns are the ledger's to set, in place: until then they hold `placeholder`, since
/// FlatBuffers leaves out zeros. Moved, never shared: nobody else sees the bytes before they are
/// sealed. Any thread, one at a time.
class unsealed_op {
public:
  static constexpr std::uint64_t placeholder = 1;

  /// Copies the finished buffer of a builder. `picture`: the frame's JPEG, if a cloud may want it
  /// with the result.
  explicit unsealed_op(std::span<const std::uint8_t> encoded, payload picture = {})
      : bytes_(encoded.begin(), encoded.end()), picture_(std::move(picture)) {}
  unsealed_op(unsealed_op&&) = default;
  unsealed_op& operator=(unsealed_op&&) = default;

  /// The op, once; MONOPOD_ENSURE fails if it is sealed already, or lacks a placeholder.
  op_bytes seal(std::uint64_t index, std::uint64_t epoch, std::uint64_t committed_at_ns) && {
    MONOPOD_ENSURE(!bytes_.empty(), "an op is sealed once");
    auto* op = wire::GetMutableOp(bytes_.data());
    auto* finished = op->body_type() == wire::OpBody::Finished
                         ? static_cast<wire::Finished*>(op->mutable_body())
                         : nullptr;
    const bool sealed = op->mutate_index(index) && op->mutate_epoch(epoch) &&
                        (finished == nullptr || finished->mutate_committed_at_ns(committed_at_ns));
    MONOPOD_ENSURE(sealed, "an unsealed op holds what the ledger sets");
    return std::make_shared<const std::vector<std::uint8_t>>(std::exchange(bytes_, {}));
  }

  /// Empty if there is none.
  const payload& picture() const { return picture_; }

private:
  std::vector<std::uint8_t> bytes_; // empty: sealed
  payload picture_;
};

/// The pictures of ops that were sealed and are not committed yet, at most
/// limits::picture_uncommitted_bytes, or a single one.
class op_pictures {
public:
  /// Indices rise. Returns how many older pictures were dropped to make room.
  std::size_t keep(std::uint64_t index, const payload& jpeg) {
    std::size_t dropped = 0;
    for (; !kept_.empty() && bytes_ + jpeg.size_bytes() > limits::picture_uncommitted_bytes;
         ++dropped)
      drop_oldest();
    kept_.emplace_back(index, jpeg);
    bytes_ += jpeg.size_bytes();
    return dropped;
  }

  /// The picture of the op with this index, which is committed; empty if there is none. Those of
  /// earlier ops, which changed nothing or were not made, are forgotten.
  payload take(std::uint64_t index) {
    payload found;
    for (; !kept_.empty() && kept_.front().first <= index; drop_oldest())
      if (kept_.front().first == index)
        found = kept_.front().second;
    return found;
  }

  void clear() { *this = {}; }

private:
  void drop_oldest() {
    bytes_ -= kept_.front().second.size_bytes();
    kept_.pop_front();
  }

  std::deque<std::pair<std::uint64_t, payload>> kept_;
  std::size_t bytes_ = 0;
};

/// The op in a CAF message, as a pointer because CAF copies contents. The receiver moves the op
/// out.
using unsealed_op_message = std::shared_ptr<unsealed_op>;

} // namespace monopod
