// The tracker: objects keep their numbers, at any rate of frames.
#include "programs/detector/tracker.hpp"

#include "core/clock.hpp"
#include "programs/detector/assignment.hpp"
#include "programs/detector/limits.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace monopod {

namespace {

constexpr std::uint64_t start_ns = 1'800'000'000 * ns_per_s;

std::uint64_t at(double seconds) { return start_ns + static_cast<std::uint64_t>(seconds * 1e9); }

// A person of 40 x 100 pixels, whose left edge is at `x`.
found_box person(double x, double y = 200, float confidence = 0.8F) {
  return {0, confidence, {static_cast<float>(x), static_cast<float>(y), 40, 100}};
}

using boxes = std::vector<found_box>;
using numbers = std::vector<std::uint64_t>;

// The sum of the costs of an assignment.
double sum(const cost_table& costs, const std::vector<std::size_t>& columns) {
  double all = 0;
  for (std::size_t r = 0; r < columns.size(); ++r)
    all += columns[r] == no_column ? 0 : costs.at(r, columns[r]);
  return all;
}

// The least sum, by trying all orders of the more numerous side.
double least_sum(const cost_table& costs) {
  const bool wide = costs.columns() >= costs.rows();
  std::vector<std::size_t> order(wide ? costs.columns() : costs.rows());
  std::iota(order.begin(), order.end(), 0U);
  double least = 1e9;
  do {
    double all = 0;
    for (std::size_t i = 0; i < std::min(costs.rows(), costs.columns()); ++i)
      all += wide ? costs.at(i, order[i]) : costs.at(order[i], i);
    least = std::min(least, all);
  } while (std::ranges::next_permutation(order).found);
  return least;
}

} // namespace

BOOST_AUTO_TEST_CASE(an_assignment_has_the_least_cost) {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    cost_table costs(1 + random() % 6, 1 + random() % 6);
    for (std::size_t r = 0; r < costs.rows(); ++r)
      for (std::size_t c = 0; c < costs.columns(); ++c)
        costs.at(r, c) = static_cast<float>(random() % 16) / 16; // with many that are equal
    const auto columns = assign(costs);
    BOOST_REQUIRE(columns.size() == costs.rows());
    std::set<std::size_t> used;
    for (const auto c : columns)
      BOOST_TEST((c == no_column || (c < costs.columns() && used.insert(c).second)));
    BOOST_TEST(used.size() == std::min(costs.rows(), costs.columns()));
    BOOST_TEST(sum(costs, columns) == least_sum(costs));
  }
}

BOOST_AUTO_TEST_CASE(the_filter_learns_how_fast_a_box_moves) {
  box_filter filter({100, 200, 40, 100});
  for (int i = 1; i <= 20; ++i) {
    filter.predict(0.1);
    filter.correct({100.0F + 8.0F * static_cast<float>(i), 200, 40, 100});
  }
  filter.predict(0.5); // 80 pixels a second
  BOOST_TEST(std::abs(filter.estimate().x - (260 + 40)) < 3);
  BOOST_TEST(std::abs(filter.estimate().y - 200) < 1);
  BOOST_TEST(std::abs(filter.estimate().width - 40) < 1);
}

BOOST_AUTO_TEST_CASE(numbers_begin_at_one_and_are_given_to_what_is_seen_twice) {
  tracker tracks;
  BOOST_TEST((tracks.update(boxes{person(100), person(300)}, at(0)) == numbers{1, 2}));
  const boxes three{person(102), person(302), person(500)};
  BOOST_TEST((tracks.update(three, at(0.1)) == numbers{1, 2, 0}));
  BOOST_TEST((tracks.update(three, at(0.2)) == numbers{1, 2, 3}));
  BOOST_TEST((tracks.update(boxes{person(700)}, at(0.3)) == numbers{0})); // a flash
  BOOST_TEST((tracks.update(three, at(0.4)) == numbers{1, 2, 3}));
  BOOST_TEST(tracks.numbered() == 3u);
}

// Two walk towards and past each other; only one of them is seen for a while.
BOOST_AUTO_TEST_CASE(two_that_cross_keep_their_numbers) {
  for (const int fps : {2, 5, 10, 30}) {
    tracker tracks;
    numbers last;
    for (int i = 0; i <= 8 * fps; ++i) {
      const double t = static_cast<double>(i) / fps;
      const double a = 100 + 40 * t;
      const double b = 420 - 40 * t;
      boxes seen{person(a)};
      if (std::abs(a - b) > 15) // else a hides b
        seen.push_back(person(b, 190));
      const auto ids = tracks.update(seen, at(t));
      BOOST_TEST(ids[0] == 1u, "at " << t << " s of " << fps << " fps");
      if (seen.size() == 2)
        BOOST_TEST(ids[1] == 2u, "at " << t << " s of " << fps << " fps");
    }
    BOOST_TEST(tracks.numbered() == 2u);
  }
}

// A walker does 80 pixels a second, twice the own width: two frames a second do not overlap.
BOOST_AUTO_TEST_CASE(frames_may_be_skipped) {
  for (const double period_s : {1 / 30.0, 0.1, 0.2, 0.5}) {
    tracker tracks;
    std::mt19937 random(3);
    double t = 0;
    for (int i = 0; i < 40; ++i) {
      const auto ids = tracks.update(boxes{person(80 * t), person(2000 - 80 * t)}, at(t));
      BOOST_TEST((ids == numbers{1, 2}), "at " << t << " s with " << period_s << " s");
      const auto frames = period_s < 0.5 ? 1 + random() % 3 : 1; // up to two are skipped
      t += period_s * static_cast<double>(frames);
    }
  }
}

BOOST_AUTO_TEST_CASE(doubtful_detections_go_on_with_tracks_but_begin_none) {
  tracker tracks;
  const boxes doubtful{person(100, 200, 0.2F), person(400, 200, 0.3F)};
  for (int i = 0; i < 5; ++i)
    BOOST_TEST((tracks.update(doubtful, at(0.1 * i)) == numbers{0, 0}));
  tracks.update(boxes{person(100)}, at(0.5));
  BOOST_TEST((tracks.update(boxes{person(100)}, at(0.6)) == numbers{1}));
  BOOST_TEST((tracks.update(doubtful, at(0.7)) == numbers{1, 0}));
  const boxes hopeless{person(100, 200, 0.05F)};
  BOOST_TEST((tracks.update(hopeless, at(0.8)) == numbers{0}));
}

BOOST_AUTO_TEST_CASE(a_track_survives_a_while_without_detections) {
  tracker tracks;
  for (int i = 0; i < 10; ++i)
    tracks.update(boxes{person(100 + 4 * i)}, at(0.1 * i));
  BOOST_TEST((tracks.update(boxes{}, at(1.5)).empty()));
  BOOST_TEST((tracks.update(boxes{person(176)}, at(1.9)) == numbers{1}));
  tracks.update(boxes{}, at(2.0));
  tracks.update(boxes{}, at(2.0 + 2.5));
  BOOST_TEST(tracks.size() == 0u);
  tracks.update(boxes{person(176)}, at(4.6));
  BOOST_TEST((tracks.update(boxes{person(176)}, at(4.7)) == numbers{2}));
}

BOOST_AUTO_TEST_CASE(classes_are_not_mixed) {
  tracker tracks;
  auto dog = person(100);
  dog.label = 16;
  BOOST_TEST((tracks.update(boxes{person(100), dog}, at(0)) == numbers{1, 2}));
  BOOST_TEST((tracks.update(boxes{dog, person(100)}, at(0.1)) == numbers{2, 1}));
  BOOST_TEST((tracks.update(boxes{dog}, at(0.2)) == numbers{2}));
}

BOOST_AUTO_TEST_CASE(a_clock_that_steps_loses_no_track) {
  tracker tracks;
  tracks.update(boxes{person(100)}, at(100));
  for (const double t : {100.1, 5.0, 5.1, 1e8, 1e8 + 0.1, 0.0, 0.1})
    BOOST_TEST((tracks.update(boxes{person(100)}, at(t)) == numbers{1}), "at " << t);
  tracks.update(boxes{}, at(0.2));
  tracks.update(boxes{}, at(3));
  BOOST_TEST(tracks.size() == 0u); // and time passes again
}

BOOST_AUTO_TEST_CASE(tracks_are_bounded) {
  tracker tracks;
  boxes crowd;
  for (int row = 0; row < 16; ++row)
    for (int column = 0; column < 16; ++column)
      crowd.push_back(person(60 * column, 120 * row));
  for (int i = 0; i < 3; ++i) {
    const auto ids = tracks.update(crowd, at(0.1 * i));
    BOOST_TEST(tracks.size() == limits::tracks_per_camera);
    BOOST_TEST(std::ranges::count(ids, 0U) == 256 - std::ptrdiff_t{limits::tracks_per_camera});
  }
}

BOOST_AUTO_TEST_CASE(each_camera_has_its_own_tracks_and_a_new_stream_new_ones) {
  camera_trackers all;
  const boxes one{person(100)};
  BOOST_TEST((all.of("a", 1).update(one, at(0)) == numbers{1}));
  BOOST_TEST((all.of("b", 1).update(one, at(0)) == numbers{1}));
  BOOST_TEST((all.of("a", 1).update(boxes{person(400), person(101)}, at(0.1)) == numbers{0, 1}));
  BOOST_TEST((all.of("a", 2).update(one, at(0.2)) == numbers{1}));
  BOOST_TEST((all.of("a", 2).size() == 1u));
  BOOST_TEST(all.numbered() == 3u); // a's stream 1, b's, a's stream 2
}

BOOST_AUTO_TEST_CASE(cameras_are_bounded) {
  camera_trackers all;
  const boxes one{person(100)};
  for (std::size_t i = 0; i < limits::tracked_cameras; ++i)
    all.of(std::to_string(i), 1).update(one, at(0));
  all.of("0", 1); // not the oldest any more
  all.of("new", 1).update(one, at(0));
  BOOST_TEST(all.size() == limits::tracked_cameras);
  BOOST_TEST(all.of("0", 1).size() == 1u);
  BOOST_TEST(all.of("1", 1).size() == 0u); // this one was
  BOOST_TEST(all.numbered() == limits::tracked_cameras + 1);
}

} // namespace monopod
