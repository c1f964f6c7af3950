// JSON from FlatBuffers, by FlatBuffers' own visitor over the generated type tables.
#pragma once

#include <flatbuffers/minireflect.h>

#include <cstdint>
#include <optional>
#include <string>

namespace monopod {

/// Writes a table as one line of strict JSON (RFC 8259). Fields that the buffer does not hold are
/// left out: build it with ForceDefaults(true) if zeros matter. 64-bit numbers are written as
/// numbers: readers that keep them as doubles lose the last digits of nanosecond stamps. `buffer`:
/// a finished buffer, verified or our own, whose root type has the type table `type`. Numbers must
/// be finite. Nothing if a string is not UTF-8. Any thread.
std::optional<std::string> to_json(const std::uint8_t* buffer, const flatbuffers::TypeTable* type);

} // namespace monopod
