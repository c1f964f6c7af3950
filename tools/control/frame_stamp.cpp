#include "tools/control/frame_stamp.hpp"

#include "core/number_text.hpp"

#include <charconv>

namespace monopod::control {

std::string to_text(const frame_stamp& stamp) {
  std::string text;
  append_number(text, stamp.captured_at_ns);
  append_number(text += '/', stamp.stream);
  append_number(text += '/', stamp.seq);
  return text;
}

std::optional<frame_stamp> parse_stamp(std::string_view text) {
  frame_stamp stamp;
  const auto* at = text.data();
  const auto* const end = at + text.size();
  for (auto* number : {&stamp.captured_at_ns, &stamp.stream, &stamp.seq}) {
    if (number != &stamp.captured_at_ns && (at == end || *at++ != '/'))
      return std::nullopt;
    const auto [stop, error] = std::from_chars(at, end, *number);
    if (error != std::errc{})
      return std::nullopt;
    at = stop;
  }
  return at == end ? std::optional(stamp) : std::nullopt;
}

} // namespace monopod::control
