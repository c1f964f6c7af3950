// Areas in a picture: how the configuration writes them, and what lies inside.
#include "core/config/polygon.hpp"

#include "core/config/config_loader.hpp"
#include "core/limits.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace monopod {

namespace {

polygon area(const std::string& text) { return parse_polygon(text).value(); }

std::string fault(const std::string& text) {
  const auto parsed = parse_polygon(text);
  return parsed ? "" : parsed.error().what;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_point_inside_is_inside) {
  const auto triangle = area("0.1 0.1  0.9 0.1  0.5 0.9");
  BOOST_TEST(contains(triangle, {0.5, 0.5}));
  BOOST_TEST(!contains(triangle, {0.15, 0.5}));
  BOOST_TEST(!contains(triangle, {0.5, 0.95}));
  BOOST_TEST(!contains(triangle, {0.5, 0.05}));
}

BOOST_AUTO_TEST_CASE(an_area_may_be_concave_and_cross_itself) {
  const auto u = area("0 0 0.2 0 0.2 0.8 0.8 0.8 0.8 0 1 0 1 1 0 1");
  BOOST_TEST(contains(u, {0.1, 0.5}));
  BOOST_TEST(!contains(u, {0.5, 0.5}));
  BOOST_TEST(contains(u, {0.5, 0.9}));
  const auto bow = area("0 0 1 1 1 0 0 1");
  BOOST_TEST(contains(bow, {0.1, 0.5}));
  BOOST_TEST(!contains(bow, {0.5, 0.1}));
}

// Otherwise a person between two zones would be in both, or in none.
BOOST_AUTO_TEST_CASE(a_point_on_a_common_edge_lies_in_one_of_both) {
  const auto left = area("0 0 0.5 0 0.5 1 0 1");
  const auto right = area("0.5 0 1 0 1 1 0.5 1");
  const auto upper = area("0 0 1 0 1 0.5 0 0.5");
  const auto lower = area("0 0.5 1 0.5 1 1 0 1");
  for (int i = 1; i < 100; ++i) {
    const picture_point upright{0.5, i / 100.0};
    BOOST_TEST(contains(left, upright) != contains(right, upright));
    const picture_point level{i / 100.0, 0.5};
    BOOST_TEST(contains(upper, level) != contains(lower, level));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_area_is_told) {
  BOOST_TEST(fault("0 0 1 0 1 1") == "");
  BOOST_TEST(fault("") == "the polygon has fewer than three points");
  BOOST_TEST(fault("0 0 1 1 0.5 0.5") == "the polygon's points lie on one line");
  BOOST_TEST(fault("0.2 0.2 0.2 0.2 0.2 0.2") == "the polygon's points lie on one line");
  BOOST_TEST(fault("0 0 1 1 1 0 0 1") == ""); // its edges cross, and it has an inside
  BOOST_TEST(fault("0 0 1 1") == "the polygon has fewer than three points");
  BOOST_TEST(fault("0 0 1 0 1 1 0") == "the last point has no second number");
  BOOST_TEST(fault("0 0 1 0 1 1.5") == "\"1.5\" is not a number from 0 to 1");
  BOOST_TEST(fault("0 0 1 0 1 -0.1") == "\"-0.1\" is not a number from 0 to 1");
  BOOST_TEST(fault("0 0 1 0 1 nan") == "\"nan\" is not a number from 0 to 1");
  BOOST_TEST(fault("0,0 1,0 1,1") == "\"0,0\" is not a number from 0 to 1");
  std::string many;
  for (std::size_t i = 0; i <= limits::polygon_points; ++i)
    many += "0.5 0.5 ";
  BOOST_TEST(fault(many) == "the polygon has too many points");
}

BOOST_AUTO_TEST_CASE(a_zone_has_a_name) {
  const auto door = parse_named_polygon("  front-door 0 0\t1 0 1 1");
  BOOST_REQUIRE(door.has_value());
  BOOST_TEST(door->name == "front-door");
  BOOST_TEST(door->area.size() == 3u);
  BOOST_TEST(!parse_named_polygon(""));
  BOOST_TEST(!parse_named_polygon("a/b 0 0 1 0 1 1"));
  BOOST_TEST(!parse_named_polygon("door"));
  BOOST_TEST(parse_named_polygon("0.1 0.3 0.3 0.3 0.5 0.5").error().what ==
             "\"0.1\" is not the name of a zone");
  for (const std::string number : {"1", "1e3", "1e999", "nan", "inf"})
    BOOST_TEST(!parse_named_polygon(number + " 0 0 1 0 1 1"), number);
  BOOST_TEST(parse_named_polygon("0x1 0 0 1 0 1 1").has_value());
  BOOST_TEST(parse_named_polygon("door 0 0 1 0 1 2").error().what ==
             "zone door: \"2\" is not a number from 0 to 1");
  BOOST_TEST((check_named_polygon("door 0 0 1 0 1 1") == std::nullopt));
}

// Dots bound how deep keys may nest, and strings count like keys.
BOOST_AUTO_TEST_CASE(the_longest_polygons_may_stand_in_a_file) {
  std::string points = " 0.25 0.25";
  for (std::size_t i = 2; i < limits::polygon_points; ++i)
    points += " 0.25 0.75";
  points += " 0.75 0.25";
  BOOST_TEST(
      load_config_text("[camera.gate]\nzones = [\"door" + points + "\", \"yard" + points + "\"]\n",
                       "file", {})
          .has_value());
}

BOOST_AUTO_TEST_CASE(zones_of_one_camera_have_different_names) {
  const auto load = [](const std::string& zones) {
    return load_config_text("[camera.gate]\nzones = [" + zones + "]\n", "file", {});
  };
  const auto twice = load(R"("a 0 0 1 0 1 1", "a 0 0 0 1 1 1")");
  BOOST_REQUIRE(!twice);
  BOOST_TEST(describe(twice.error()) == "file:2:9: camera.gate.zones: there are two zones a; give "
                                        "each a name of its own\n");
  BOOST_TEST(load(R"("a 0 0 1 0 1 1", "b 0 0 0 1 1 1")")->camera.at("gate").zones.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_section_is_for_one_camera) {
  const auto pattern = load_config_text("[camera.\"gate-*\"]\n", "file");
  BOOST_REQUIRE(!pattern);
  BOOST_TEST(describe(pattern.error()) ==
             "file:1:1: \"gate-*\" is not a section name; write "
             "one section for each, since names of sections are no patterns\n");
}

} // namespace monopod
