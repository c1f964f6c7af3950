// Saves off the loop: the newest wins, a disk that is full for a while, the end.
#include "actors/ledger/state_writer.hpp"

#include "tests/unit/full_disk.hpp"
#include "tests/unit/some_view.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <utility>
#include <vector>

namespace monopod {

namespace {

replica_outputs::save_request request(std::uint64_t number, view_ptr decided = some_view(1)) {
  return {number, {{number, "a", 1}, {}, nullptr}, std::move(decided)};
}

struct writer_rig {
  writer_rig() {
    writer.emplace(state_file::try_open(folder.path.string()), metrics, [this](std::uint64_t n) {
      saved = n;
      saved.notify_all();
      if (on_saved)
        on_saved(n);
    });
  }
  // Blocks until that save, or a later one, is on disk.
  void wait(std::uint64_t number) {
    for (auto now = saved.load(); now < number; now = saved.load())
      saved.wait(now);
  }
  std::uint64_t on_disk() {
    writer.reset();
    return state_file::try_open(folder.path.string())->state().votes.promise.round;
  }

  temporary_folder folder;
  monopod::metrics metrics;
  std::function<void(std::uint64_t)> on_saved; // on the writer's thread; set before a save
  std::atomic<std::uint64_t> saved = 0;
  std::optional<state_writer> writer;
};

} // namespace

BOOST_AUTO_TEST_CASE(saves_are_told_in_order) {
  writer_rig r;
  std::vector<std::uint64_t> told;
  r.on_saved = [&](std::uint64_t n) { told.push_back(n); };
  for (std::uint64_t n = 1; n <= 20; ++n) {
    r.writer->save(request(n));
    r.wait(n);
  }
  BOOST_TEST(r.on_disk() == 20u);
  BOOST_TEST(told.size() == 20u);
  BOOST_TEST(std::ranges::is_sorted(told));
}

BOOST_AUTO_TEST_CASE(the_newest_takes_the_place_of_those_that_wait) {
  writer_rig r;
  std::vector<std::uint64_t> told;
  std::promise<void> first_is_saved;
  std::promise<void> go_on;
  r.on_saved = [&](std::uint64_t n) {
    told.push_back(n);
    if (n == 1) {
      first_is_saved.set_value();
      go_on.get_future().wait();
    }
  };
  r.writer->save(request(1));
  first_is_saved.get_future().wait();
  for (std::uint64_t n = 2; n <= 9; ++n)
    r.writer->save(request(n));
  go_on.set_value();
  r.wait(9);
  BOOST_TEST(r.on_disk() == 9u);
  BOOST_TEST(told == (std::vector<std::uint64_t>{1, 9}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_waits_is_saved_at_the_end) {
  writer_rig r;
  r.writer->save(request(5));
  BOOST_TEST(r.on_disk() == 5u);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_tried_again_with_the_newest) {
  writer_rig r;
  {
    const full_disk full;
    r.writer->save(request(1, largest_view()));
    while (r.metrics.state_write_errors.Value() < 1)
      std::this_thread::yield();
    r.writer->save(request(2, largest_view()));
    BOOST_TEST(r.saved == 0u);
  }
  r.wait(2);
  BOOST_TEST(r.on_disk() == 2u);
}

BOOST_AUTO_TEST_CASE(the_end_does_not_wait_for_a_disk_that_refuses) {
  writer_rig r;
  const full_disk full;
  r.writer->save(request(1, largest_view()));
  r.writer.reset();
  BOOST_TEST(r.saved == 0u);
}

} // namespace monopod
