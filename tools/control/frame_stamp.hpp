// The identity of a frame, as VEI's `timestamp` fields carry it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace monopod::control {

/// The fields of schemas/frame.fbs that a result must repeat. VEI's messages have only one text
/// for them.
struct frame_stamp {
  std::uint64_t captured_at_ns = 0; // camera's stamp (realtime_ns()), taken just before it sends
  std::uint64_t stream = 0;
  std::uint64_t seq = 0;
  bool operator==(const frame_stamp&) const = default;
};

/// "CAPTURED_AT_NS/STREAM/SEQ". Any thread.
std::string to_text(const frame_stamp& stamp);

/// Nothing if to_text() does not write such a text. Any thread.
std::optional<frame_stamp> parse_stamp(std::string_view text);

} // namespace monopod::control
