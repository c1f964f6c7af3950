// A result as it comes from a cloud, read.
#pragma once

#include "schemas/result_generated.h"

#include <flatbuffers/idl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace monopod {

/// Results as JSON or FlatBuffers; which of both, a message tells by its first byte.
class result_reader {
public:
  result_reader();

  /// Null where it is no result; else valid until the next call.
  const wire::Result* read(std::span<const std::byte> message);

private:
  flatbuffers::Parser parser_;
  std::vector<std::uint64_t> scratch_;
};

} // namespace monopod
