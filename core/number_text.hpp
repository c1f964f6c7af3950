// Numbers as text: shortest exact form, no locale, no stream.
#pragma once

#include <array>
#include <charconv>
#include <string>

namespace monopod {

/// Appends `x` in its shortest form that reads back as the same value (std::to_chars). Floats must
/// be finite where the text is to be JSON.
template <class Number>
void append_number(std::string& out, Number x) {
  std::array<char, 32> digits; // a double's shortest form has 24 at most
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr;
  out.append(digits.data(), end);
}

} // namespace monopod
