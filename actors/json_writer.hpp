// JSON from FlatBuffers, by FlatBuffers' own generator and the schema.
#pragma once

#include <flatbuffers/idl.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace monopod {

/// Writes tables of one schema as one line of strict JSON (RFC 8259) with all scalar fields
/// present. 64-bit numbers are written as numbers: readers that keep them as doubles lose the last
/// digits of nanosecond stamps. Not thread-safe.
class json_writer {
public:
  /// `schema`: a binary schema (.bfbs) with a root type.
  explicit json_writer(std::span<const unsigned char> schema);

  /// `buffer`: a finished buffer of the schema's root type, verified or our own. Nothing where a
  /// string is not UTF-8.
  std::optional<std::string> write(const std::uint8_t* buffer) const;

private:
  flatbuffers::Parser parser_;
};

} // namespace monopod
