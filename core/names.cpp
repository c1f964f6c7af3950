#include "core/names.hpp"

#include "core/limits.hpp"

#include <algorithm>

namespace monopod {

namespace {

bool name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

} // namespace

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::name_bytes && std::ranges::all_of(name, name_char);
}

bool valid_pattern(std::string_view pattern) {
  return !pattern.empty() && pattern.size() <= limits::name_bytes &&
         std::ranges::all_of(pattern, [](char c) { return name_char(c) || c == '*' || c == '?'; });
}

bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos; // the last '*' seen, and where its run began
  std::size_t run = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      run = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++run;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

} // namespace monopod
