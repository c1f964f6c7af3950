#include "programs/table.hpp"

#include <boost/test/unit_test.hpp>

using namespace monopod;

BOOST_AUTO_TEST_CASE(columns_are_as_wide_as_their_widest_cell) {
  table t({{"camera", align::left}, {"frames"}, {"note", align::left}});
  BOOST_TEST(t.empty());
  t.add({"a", "1234567", "µs"});
  t.add({"gate-16", "5", "of ten"});
  t.add({"b"});
  BOOST_TEST(t.text() == "camera    frames  note\n"
                         "a        1234567  µs\n"
                         "gate-16        5  of ten\n"
                         "b\n");
}

BOOST_AUTO_TEST_CASE(what_has_no_text_is_left_out) {
  table headless({{"", align::left}, {""}, {""}});
  headless.add({"frames", "", "7"});
  headless.add({"lost", "", "12"});
  BOOST_TEST(headless.text() == "frames   7\n"
                                "lost    12\n");
  table t({{"name", align::left}, {"thesis"}, {"µs"}});
  t.add({"p50", "", "1"});
  BOOST_TEST(t.text() == "name  µs\n"
                         "p50    1\n");
}
