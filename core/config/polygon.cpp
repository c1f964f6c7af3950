#include "core/config/polygon.hpp"

#include "core/limits.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <system_error>
#include <utility>

namespace monopod {

namespace {

constexpr std::string_view spaces = " \t";

// The next word, which is taken off the text; empty at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  const auto word = text.substr(0, text.find_first_of(spaces));
  text.remove_prefix(word.size());
  return word;
}

// The number that is the whole word; infinite if no double can hold it.
std::optional<double> number_of(std::string_view word) {
  double number = std::numeric_limits<double>::infinity();
  const auto* const end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, number);
  return read.ptr == end && read.ec != std::errc::invalid_argument ? std::optional(number)
                                                                   : std::nullopt;
}

setting_problem wrong(std::string what) {
  return {std::move(what),
          fmt::format("use 3 to {} points of two numbers from 0 to 1 (left to right, top to "
                      "bottom), as in 0.1 0.2 0.9 0.2 0.5 0.8",
                      limits::polygon_points)};
}

// Whether all points lie on one line, so that nothing can be inside.
bool flat(const polygon& p) {
  for (std::size_t i = 1; i + 1 < p.size(); ++i)
    for (std::size_t k = i + 1; k < p.size(); ++k)
      if (std::abs((p[i].x - p[0].x) * (p[k].y - p[0].y) - (p[i].y - p[0].y) * (p[k].x - p[0].x)) >
          1e-9)
        return false;
  return true;
}

} // namespace

bool contains(const polygon& p, picture_point at) {
  bool inside = false;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const auto& a = p[i];
    const auto& b = p[(i + 1) % p.size()];
    if ((a.y > at.y) != (b.y > at.y) && at.x < (b.x - a.x) * (at.y - a.y) / (b.y - a.y) + a.x)
      inside = !inside;
  }
  return inside;
}

tl::expected<polygon, setting_problem> parse_polygon(std::string_view text) {
  std::vector<double> numbers;
  for (auto word = take_word(text); !word.empty(); word = take_word(text)) {
    const auto number = number_of(word);
    if (!number || !(*number >= 0 && *number <= 1))
      return tl::unexpected(wrong(printable(word) + " is not a number from 0 to 1"));
    numbers.push_back(*number);
    if (numbers.size() > 2 * limits::polygon_points)
      return tl::unexpected(wrong("the polygon has too many points"));
  }
  if (numbers.size() % 2 != 0)
    return tl::unexpected(wrong("the last point has no second number"));
  if (numbers.size() < 6)
    return tl::unexpected(wrong("the polygon has fewer than three points"));
  polygon p;
  for (std::size_t i = 0; i < numbers.size(); i += 2)
    p.push_back({numbers[i], numbers[i + 1]});
  if (flat(p))
    return tl::unexpected(wrong("the polygon's points lie on one line"));
  return p;
}

tl::expected<named_polygon, setting_problem> parse_named_polygon(std::string_view text) {
  const auto name = take_word(text);
  // A number could be a name, but it is a sign that the name was forgotten.
  if (!valid_name(name) || number_of(name))
    return tl::unexpected(setting_problem{printable(name) + " is not the name of a zone",
                                          "write NAME X Y X Y X Y, as in door 0 0 0.3 0 0.3 1"});
  auto area = parse_polygon(text);
  if (!area)
    return tl::unexpected(setting_problem{"zone " + std::string(name) + ": " + area.error().what,
                                          area.error().remedy});
  return named_polygon{std::string(name), std::move(*area)};
}

std::optional<setting_problem> check_polygon(const std::string& text) {
  const auto parsed = parse_polygon(text);
  return parsed ? std::nullopt : std::optional(parsed.error());
}

std::optional<setting_problem> check_named_polygon(const std::string& text) {
  const auto parsed = parse_named_polygon(text);
  return parsed ? std::nullopt : std::optional(parsed.error());
}

} // namespace monopod
