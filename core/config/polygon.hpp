// Polygons in a camera's picture, as the configuration writes them.
#pragma once

#include "core/config/setting.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

/// Relative to the picture: 0 is its left or top edge, 1 its right or bottom edge.
struct picture_point {
  double x = 0;
  double y = 0;
};

/// The corners of an area, in order; the last is joined to the first.
using polygon = std::vector<picture_point>;

/// Whether the point lies inside, by the even-odd rule: a ray to the right crosses an odd number of
/// edges. Of two polygons that share an edge, a point on it lies in exactly one.
bool contains(const polygon& p, picture_point at);

/// A polygon of "X Y X Y X Y ...": 3 to limits::polygon_points points of two numbers from 0 to 1,
/// separated by spaces, not all on one line.
tl::expected<polygon, setting_problem> parse_polygon(std::string_view text);

/// An area with a name.
struct named_polygon {
  std::string name;
  polygon area;
};

/// A polygon after a name, which is not a number: "NAME X Y X Y X Y ...".
tl::expected<named_polygon, setting_problem> parse_named_polygon(std::string_view text);

std::optional<setting_problem> check_polygon(const std::string& text);
std::optional<setting_problem> check_named_polygon(const std::string& text);

} // namespace monopod
