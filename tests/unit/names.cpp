#include "core/names.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace monopod;

BOOST_AUTO_TEST_CASE(names_hold_what_is_safe_in_topics_and_keys) {
  BOOST_TEST(valid_name("gate-3.north_2"));
  BOOST_TEST(!valid_name(""));
  BOOST_TEST(!valid_name("a/b"));
  BOOST_TEST(!valid_name("a b"));
  BOOST_TEST(!valid_name("cam+"));
  BOOST_TEST(!valid_name("cam#"));
  BOOST_TEST(!valid_name(std::string(65, 'a')));
  BOOST_TEST(valid_name(std::string(64, 'a')));
  BOOST_TEST(valid_pattern("gate-*"));
  BOOST_TEST(!valid_pattern("gate/*"));
}

BOOST_AUTO_TEST_CASE(patterns_cover_whole_names) {
  BOOST_TEST(matches("*", "anything"));
  BOOST_TEST(matches("*", ""));
  BOOST_TEST(matches("gate-*", "gate-"));
  BOOST_TEST(matches("gate-*", "gate-7"));
  BOOST_TEST(!matches("gate-*", "gate"));
  BOOST_TEST(matches("gate-?", "gate-7"));
  BOOST_TEST(!matches("gate-?", "gate-77"));
  BOOST_TEST(matches("*north*2", "a-north-b-2"));
  BOOST_TEST(!matches("*north*2", "a-north-b-3"));
  BOOST_TEST(matches("a*b*c", "abbbc"));
  BOOST_TEST(!matches("cam", "cam1"));
}

BOOST_AUTO_TEST_CASE(a_hostile_pattern_takes_bounded_time) {
  const std::string pattern(64, '*');
  const std::string name(64, 'a');
  BOOST_TEST(matches(pattern, name));
  BOOST_TEST(!matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
}
