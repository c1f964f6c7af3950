// Average precision and switches of tracks, on sequences whose figures can be worked out by hand.
#include "tools/bench/precision.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace monopod {

namespace {

constexpr pixel_box left_box{0, 0, 10, 20};
constexpr pixel_box right_box{100, 0, 10, 20};
constexpr pixel_box nowhere{500, 500, 10, 20};

boxes_by_frame<true_box> two_persons(std::uint64_t frames) {
  boxes_by_frame<true_box> truth;
  for (std::uint64_t frame = 1; frame <= frames; ++frame)
    truth[frame] = {{left_box, 1}, {right_box, 2}};
  return truth;
}

} // namespace

BOOST_AUTO_TEST_CASE(all_found_and_nothing_else_is_a_precision_of_one) {
  const auto p = judge(two_persons(1), {{1, {{left_box, 0.9, 1}, {right_box, 0.8, 2}}}}, 1);
  BOOST_TEST(p.persons == 2u);
  BOOST_TEST(p.average == 1.0);
  BOOST_TEST(p.best_f1 == 1.0);
}

// Precision is 1, 1/2, 2/3 at recalls of 1/2, 1/2, 1.
BOOST_AUTO_TEST_CASE(a_false_alarm_between_costs_the_recall_behind_it) {
  const auto p =
      judge(two_persons(1), {{1, {{left_box, 0.9, 0}, {nowhere, 0.8, 0}, {right_box, 0.7, 0}}}}, 1);
  BOOST_TEST(p.average == 0.5 * 1 + 0.5 * 2 / 3, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(p.best_f1 == 0.8, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_person_is_found_once) {
  const auto p = judge(two_persons(1), {{1, {{left_box, 0.9, 0}, {left_box, 0.8, 0}}}}, 1);
  BOOST_TEST(p.average == 0.5);
}

BOOST_AUTO_TEST_CASE(frames_without_detections_count) {
  const auto p = judge(two_persons(2), {{1, {{left_box, 0.9, 0}, {right_box, 0.8, 0}}}}, 2);
  BOOST_TEST(p.persons == 4u);
  BOOST_TEST(p.average == 0.5);
}

BOOST_AUTO_TEST_CASE(a_box_that_overlaps_too_little_is_a_false_alarm) {
  pixel_box aside = left_box;
  aside.left += 4; // 6 of 14 columns are common: 0.43
  BOOST_TEST(judge(two_persons(1), {{1, {{aside, 0.9, 0}}}}, 1).average == 0.0);
  BOOST_TEST(judge(two_persons(1), {{1, {{aside, 0.9, 0}}}}, 1, 0.4).average == 0.5);
}

BOOST_AUTO_TEST_CASE(switches_are_counted_for_each_person) {
  const boxes_by_frame<detected_box> found{
      {1, {{left_box, 0.9, 1}, {right_box, 0.9, 2}}},
      {2, {{left_box, 0.9, 2}, {right_box, 0.9, 1}}}, // both
      {3, {{left_box, 0.9, 2}}},
      {4, {{left_box, 0.9, 2}, {right_box, 0.9, 1}}}, // away for a frame, and the same
      {5, {{left_box, 0.3, 9}, {right_box, 0.9, 0}}}, // too unsure; not tracked
  };
  BOOST_TEST(judge(two_persons(5), found, 5).switches == 2u);
}

BOOST_AUTO_TEST_CASE(a_truth_is_read_and_what_is_none_is_told) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("monopod-precision-" + std::to_string(getpid()) + ".txt");
  std::ofstream(file) << "1,7,10.5,20,30,40,1,-1,-1,-1\n1,8,0,0,1,1,0,-1,-1,-1\n";
  const auto truth = read_truth(file);
  BOOST_REQUIRE(truth.size() == 1u);
  BOOST_REQUIRE(truth.at(1).size() == 1u);
  BOOST_TEST(truth.at(1).front().person == 7u);
  BOOST_TEST(truth.at(1).front().box.left == 10.5);
  std::ofstream(file) << "this is none\n";
  BOOST_CHECK_THROW(read_truth(file), std::runtime_error);
  std::ofstream(file) << "";
  BOOST_CHECK_THROW(read_truth(file), std::runtime_error);
  std::filesystem::remove(file);
}

} // namespace monopod
