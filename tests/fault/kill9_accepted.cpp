// The pod is killed while it holds frames that it has acknowledged: what is lost is told.
#include "tests/fault/cloud.hpp"
#include "tests/fault/pod.hpp"

#include <random>

namespace monopod::fault {

using harness::operator+;

outcome kill9_accepted(const options& o) {
  const std::uint64_t kills = o.quick ? 3 : 20;
  outcome result;
  result.add("seed", static_cast<double>(o.seed));
  const harness::temporary_directory ledger;
  cloud there(o);
  const std::vector<std::string> slow{"--broker.ack", "accepted", "--vision.emulator.service_ms",
                                      "20"};
  pod node(o, there.flags() + on_disk(ledger.path()) + slow);
  camera_load load({.endpoint = node.cameras(), .cameras = alike("cam", 1, 40), .window = 2 * 40});
  std::mt19937_64 random(o.seed);
  std::uniform_int_distribution<int> moment_ms(100, 600);
  for (; result.runs < kills; ++result.runs) {
    const auto before = load.acknowledged();
    if (!harness::eventually([&] { return load.acknowledged() > before; })) {
      result.expect(false, "no frame is acknowledged after a restart: " + node.process().log());
      break;
    }
    rest(moment_ms(random));
    node.kill_and_restart();
  }
  const auto accounts = load.stop();
  // Acknowledged is not settled here: it ends when no frame is in flight either.
  result.expect(harness::eventually([&] { return node.metric("monopod_frames_in_flight") == 0; }),
                "frames stay in flight");
  result.expect(node.drained(60), "results stay in the outbox");
  const auto judged = there.judge(accounts, {"emulator"});
  std::uint64_t told = 0;
  for (const auto& c : accounts)
    told += c.lost;
  add(result, accounts);
  result.add("results", static_cast<double>(judged.results));
  result.add("told_lost", static_cast<double>(told));
  result.add("without_result", static_cast<double>(judged.acked_lost));
  result.twice_after_key = judged.twice_after_key;
  result.acked_lost = judged.acked_lost - std::min(judged.acked_lost, told);
  result.lost = judged.lost - std::min(judged.lost, told);
  result.expect_delivered();
  result.expect(told == judged.acked_lost, "a camera is told of losses that there are not");
  result.at_least("told_lost", static_cast<double>(told), 1); // else nothing was shown
  node.stop(result);
  return result;
}

} // namespace monopod::fault
