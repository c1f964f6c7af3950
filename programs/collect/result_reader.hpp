// A reader of the results that arrive from a cloud.
#pragma once

#include "schemas/result_batch_generated.h"

#include <flatbuffers/idl.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// Reads messages in JSON or FlatBuffers, with one result or a batch of them. The first bytes of a
/// message tell which of these it is.
class result_reader {
public:
  result_reader();

  /// The results of one message, in its order; valid until the next call. None if it is not a
  /// message of results, or if it is an empty batch, which nobody sends.
  std::span<const wire::Result* const> read(std::span<const std::byte> message);

private:
  void take_json(std::span<const std::byte> message, bool batch);
  void take(const wire::ResultBatch& batch);

  void renew_parser();

  std::optional<flatbuffers::Parser> parser_;
  std::string text_;
  std::vector<std::uint64_t> scratch_;
  std::vector<const wire::Result*> results_;
};

} // namespace monopod
