// The habits of the original that the control can be given: each is seen with its flag, and not
// without it.
#include "tests/e2e/control_kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

using namespace monopod::harness;

namespace {

using flags = std::vector<std::string>;
namespace data = boost::unit_test::data;

// A camera that is not stopped in order, but killed: at its end, if not before.
class killed_process {
public:
  explicit killed_process(const flags& command) : process_(command, "/dev/null") {}
  ~killed_process() { end(); }
  killed_process(const killed_process&) = delete;
  killed_process& operator=(const killed_process&) = delete;
  void end() {
    process_.signal(SIGKILL);
    process_.wait(seconds(5));
  }

private:
  process process_;
};

// A collector of the control's results.
struct results {
  explicit results(const control& c, int count = 0)
      : collector(program("collect"), c.broker.port(),
                  count == 0 ? flags{} : flags{"--count", std::to_string(count)}) {}
  std::vector<collected_result> of(const std::string& camera) const {
    auto all = read_results(collector.csv());
    std::erase_if(all, [&](const auto& r) { return r.camera != camera; });
    return all;
  }
  bool reach(const std::string& camera, std::size_t count) const {
    return eventually([&] { return of(camera).size() >= count; }, seconds(60));
  }
  collector_process collector;
};

// The processors that the gateway keeps busy while the results of a camera arrive, for a second at
// least.
double cores_while(control& c, const results& r, const std::string& camera) {
  const auto before = r.of(camera).size();
  const auto used_ns = cpu_ns(c.gateway.child().pid());
  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  BOOST_TEST(
      eventually([&] { return r.of(camera).size() >= before + 10 && passed() >= 1; }, seconds(60)),
      c.gateway.log());
  return static_cast<double>(cpu_ns(c.gateway.child().pid()) - used_ns) * 1e-9 / passed();
}

// The times between the publications of successive results.
std::vector<double> periods_ms(const std::vector<collected_result>& all) {
  std::vector<double> periods;
  for (std::size_t i = 1; i < all.size(); ++i)
    periods.push_back(static_cast<double>(all[i].published_at_ns - all[i - 1].published_at_ns) *
                      1e-6);
  return periods;
}

} // namespace

BOOST_DATA_TEST_CASE(a_stream_that_was_cut_is_read_on, data::make({true, false}), habit) {
  control c(habit ? flags{"--vei-encoding", "--reads-on"} : flags{"--vei-encoding"});
  const results r(c);
  // A regular end is none of these.
  BOOST_TEST(run(c.one_camera("cam-2", 50, 5)).exit_code == 0);
  const killed_process counts(c.one_camera("cam-1", 20));
  killed_process doomed(c.one_camera("cam-2", 20));
  BOOST_TEST_REQUIRE(r.reach("cam-2", 10), c.gateway.log());
  doomed.end();
  if (habit)
    BOOST_TEST(eventually([&] { return c.tells("monopod_control_endless_reads_total", 1); }));
  const auto cores = cores_while(c, r, "cam-1");
  BOOST_TEST((habit ? cores >= 0.3 : cores < 0.3), "cores: " << cores);
  BOOST_TEST(c.tells("monopod_control_endless_reads_total", habit ? 1 : 0));
  BOOST_TEST(holds(c.gateway.log(), "read on for ever") == habit, c.gateway.log());
  BOOST_TEST(c.gateway.child().terminate() == 0, c.gateway.log());
}

BOOST_DATA_TEST_CASE(the_gateway_ends_with_a_subscriber, data::make({true, false}), habit) {
  control c(habit ? flags{"--ends-with-subscriber"} : flags{});
  c.vision->child().signal(SIGKILL);
  c.vision->child().wait(seconds(5));
  BOOST_TEST(c.healthy()); // nothing is noticed while there is no frame
  const killed_process camera(c.one_camera("cam-1", 20));
  if (habit) {
    BOOST_TEST(c.gateway.child().wait(seconds(20)).value_or(-1) == 1, c.gateway.log());
    BOOST_TEST(holds(c.gateway.log(), "a subscriber has left"), c.gateway.log());
  } else {
    BOOST_TEST(eventually([&] { return !c.tells("monopod_control_frames_total", 0); }));
    BOOST_TEST(c.healthy());
    BOOST_TEST(c.gateway.child().terminate() == 0, c.gateway.log());
  }
}

BOOST_AUTO_TEST_CASE(a_subscriber_that_leaves_while_frames_go_ends_the_gateway) {
  control c({"--ends-with-subscriber"});
  const results r(c);
  const killed_process camera(c.one_camera("cam-1", 20));
  BOOST_TEST_REQUIRE(r.reach("cam-1", 5), c.gateway.log());
  c.vision->child().signal(SIGKILL);
  BOOST_TEST(c.gateway.child().wait(seconds(20)).value_or(-1) == 1, c.gateway.log());
}

BOOST_AUTO_TEST_CASE(a_regular_stop_is_no_habit) {
  control c({"--vei-encoding", "--reads-on", "--ends-with-subscriber", "--answers-after-cloud",
             "--queues-without-bound"},
            {"--call-per-frame"});
  const results r(c);
  const killed_process camera(c.camera_flags(20));
  BOOST_TEST_REQUIRE((r.reach("cam-1", 5) && r.reach("cam-2", 5)), c.gateway.log());
  BOOST_TEST(c.gateway.child().terminate() == 0, c.gateway.log());
  BOOST_TEST(!holds(c.gateway.log(), "read on for ever"), c.gateway.log());
  // The application's calls failed, however.
  BOOST_TEST(c.vision->child().wait(seconds(20)).value_or(-1) == 1, c.vision->log());
}

BOOST_DATA_TEST_CASE(answers_wait_for_the_cloud, data::make({true, false}), habit) {
  constexpr int frames = 20;
  control c(habit ? flags{"--answers-after-cloud"} : flags{}, {"--call-per-frame"}, 50);
  results r(c, frames);
  BOOST_TEST(run(c.one_camera("cam-1", 40, frames)).exit_code == 0);
  check_each_once_in_order(r.collector.finish(seconds(30)), frames);
  // The next frame is taken after the answer, which the cloud delays by 100 ms.
  const auto periods = periods_ms(r.of("cam-1"));
  BOOST_TEST_REQUIRE(periods.size() == frames - 1u);
  const auto late = std::ranges::count_if(periods, [](double ms) { return ms >= 90; });
  if (habit)
    BOOST_TEST(late == frames - 1);
  else
    BOOST_TEST(late < frames / 2);
  BOOST_TEST(c.vision->child().terminate() == 0, c.vision->log());
  BOOST_TEST(c.gateway.child().terminate() == 0, c.gateway.log());
}

BOOST_AUTO_TEST_CASE(an_application_whose_call_waits_can_be_stopped) {
  control c({"--answers-after-cloud"}, {"--call-per-frame"}, 1000);
  const killed_process camera(c.one_camera("cam-1", 20));
  BOOST_TEST(eventually([&] { return c.tells("monopod_control_published_total", 1); }));
  BOOST_TEST(c.vision->child().terminate() == 0, c.vision->log());
  BOOST_TEST(c.gateway.child().terminate() == 0, c.gateway.log());
}

BOOST_DATA_TEST_CASE(a_failed_call_ends_the_application, data::make({true, false}), habit) {
  control c({}, habit ? flags{"--call-per-frame"} : flags{});
  c.gateway.child().signal(SIGKILL);
  if (habit)
    BOOST_TEST(c.vision->child().wait(seconds(20)).value_or(-1) == 1, c.vision->log());
  else
    BOOST_TEST(eventually([&] { return holds(c.vision->log(), "ended a subscription"); }));
  BOOST_TEST(c.vision->child().terminate() == (habit ? 1 : 0), c.vision->log());
}

BOOST_DATA_TEST_CASE(a_slow_subscriber_loses_nothing, data::make({true, false}), habit) {
  // More than sockets and gRPC hold, beside the gateway's queue, and for longer than pings are
  // waited for. The rate is one that NATS keeps up with on a busy machine.
  constexpr int frames = 300;
  constexpr int bytes = 100'000;
  control c(habit ? flags{"--queues-without-bound", "--default-keepalive"} : flags{},
            {"--default-keepalive", "--service_ms", habit ? "60" : "1000"});
  results r(c, habit ? frames : 0);
  BOOST_TEST(run(c.one_camera("cam-1", 50, frames, bytes)).exit_code == 0);
  if (habit) {
    check_each_once_in_order(r.collector.finish(seconds(60)), frames);
    BOOST_TEST(c.tells("monopod_control_subscriber_dropped_total", 0));
  } else {
    BOOST_TEST(eventually([&] { return holds(c.gateway.log(), "a subscriber is slow"); }));
    BOOST_TEST(c.vision->child().terminate() == 0, c.vision->log());
    BOOST_TEST(r.of("cam-1").size() < static_cast<std::size_t>(frames));
  }
}
