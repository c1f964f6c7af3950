// One of three applications hangs for ten minutes while 16 cameras stream.
#include "core/clock.hpp"
#include "tests/fault/app.hpp"
#include "tests/fault/cloud.hpp"
#include "tools/load/camera_load.hpp"

#include <csignal>

namespace monopod::fault {

outcome app_hang(const options& o) {
  constexpr std::size_t cameras = 16;
  const std::uint64_t hang_s = o.quick ? 5 : 600;
  const int warm_up_ms = o.quick ? 1000 : 10'000;
  outcome result;
  cloud there(o);
  pod node(o, there.flags());
  application motion(o, node, "motion", "every");
  application slow(o, node, "slow", "latest");
  result.expect(attached(node, 3), "the applications do not attach");
  camera_load load({.endpoint = node.cameras(), .cameras = alike("cam", cameras, 10)});
  rest(warm_up_ms);

  const auto pid = node.pid();
  const auto before_mb = anonymous_mb(pid);
  const auto before_results = slow.results(node);
  result.expect(before_results > 0, "the application does nothing before it hangs");
  slow.child().signal(SIGSTOP);
  ++result.runs;
  double most_mb = before_mb;
  const auto end_ns = boottime_ns() + hang_s * ns_per_s;
  for (std::uint64_t n = 1; boottime_ns() < end_ns; ++n) {
    rest(200);
    most_mb = std::max(most_mb, anonymous_mb(pid));
    if (n % 300 == 0)
      say("app-hang: " + std::to_string(load.acknowledged()) + " frames acknowledged");
  }
  const auto hung_mb = anonymous_mb(pid);
  const auto while_hung = slow.results(node) - before_results;
  slow.child().signal(SIGCONT);
  const bool resumed = harness::eventually(
      [&] { return slow.results(node) > before_results + while_hung + cameras; });

  const auto accounts = load.stop();
  finish(result, there, node, accounts, 10, {"emulator", "motion"});
  result.growth_mb = most_mb - before_mb;
  result.add("hang_s", static_cast<double>(hang_s));
  result.add("anonymous_before_mb", before_mb);
  result.add("anonymous_after_mb", hung_mb);
  result.add("results_while_it_hung", while_hung);
  result.expect(resumed, "the application gets no frames after it hung");
  if (measures)
    result.at_most("growth_mb", result.growth_mb, 4);
  return result;
}

} // namespace monopod::fault
