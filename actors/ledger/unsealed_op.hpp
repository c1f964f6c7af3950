// An op between the broker, which writes it, and the ledger stage, which gives it its place.
#pragma once

#include "core/ensure.hpp"
#include "replication/op_bytes.hpp"
#include "schemas/ledger_generated.h"

#include <cstdint>
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

  /// Copies the finished buffer of a builder.
  explicit unsealed_op(std::span<const std::uint8_t> encoded)
      : bytes_(encoded.begin(), encoded.end()) {}
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

private:
  std::vector<std::uint8_t> bytes_; // empty: sealed
};

/// The op in a CAF message, as a pointer because CAF copies contents. The receiver moves the op
/// out.
using unsealed_op_message = std::shared_ptr<unsealed_op>;

} // namespace monopod
