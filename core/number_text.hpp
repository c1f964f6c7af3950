// Numbers as text in their shortest exact form, without a locale or a stream.
#pragma once

#include <array>
#include <charconv>
#include <string>

namespace monopod {

/// Appends `x` in the shortest form that reads back as the same value (std::to_chars). A
/// floating-point number must be finite if the text is to be JSON.
template <class Number>
void append_number(std::string& out, Number x) {
  std::array<char, 32> digits; // the shortest form of a double has 24 at most
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr;
  out.append(digits.data(), end);
}

} // namespace monopod
