// Turns at the processors: never too many at once, and in the order in which threads came.
#include "tools/control/habits/processor_turns.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <barrier>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace monopod::control {

namespace {

// Whether a thread of this process sleeps, by /proc.
bool sleeps(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  return name_end != std::string::npos && text.substr(name_end, 3) == ") S";
}

} // namespace

BOOST_AUTO_TEST_CASE(no_more_work_than_there_are_processors) {
  processor_turns turns(2);
  std::atomic<int> working = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        const processor_turns::turn turn(&turns);
        const int now = ++working;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        --working;
      }
    });
  for (auto& t : threads)
    t.join();
  BOOST_TEST(most <= 2);
  BOOST_TEST(working == 0);
}

BOOST_AUTO_TEST_CASE(every_processor_is_used) {
  processor_turns turns(2);
  std::barrier both(2);
  const auto work = [&] {
    const processor_turns::turn turn(&turns);
    both.arrive_and_wait();
  };
  std::thread other(work);
  work();
  other.join();
}

BOOST_AUTO_TEST_CASE(the_first_to_come_is_the_first_to_work) {
  processor_turns turns(1);
  std::mutex mutex;
  std::vector<int> order;
  std::vector<std::thread> threads;
  {
    const processor_turns::turn held(&turns);
    for (int i = 0; i < 5; ++i) {
      std::atomic<pid_t> id = 0;
      threads.emplace_back([&turns, &mutex, &order, &id, i] {
        id = gettid();
        const processor_turns::turn turn(&turns);
        const std::lock_guard lock(mutex);
        order.push_back(i);
      });
      while (id == 0 || !sleeps(id))
        std::this_thread::yield();
    }
    BOOST_TEST(order.empty());
  }
  for (auto& t : threads)
    t.join();
  BOOST_TEST(order == (std::vector{0, 1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_turns_nothing_waits) {
  const processor_turns::turn one(nullptr);
  const processor_turns::turn another(nullptr);
  BOOST_TEST(processor_turns::usable_processors() >= 1u);
}

} // namespace monopod::control
