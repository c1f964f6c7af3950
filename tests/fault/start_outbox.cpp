// The pod is killed with a long outbox on its disk, and started again: the time until the first
// frame is acknowledged.
#include "core/clock.hpp"
#include "core/percentiles.hpp"
#include "tests/fault/cloud.hpp"
#include "tests/fault/good_camera.hpp"
#include "tests/fault/pod.hpp"

namespace monopod::fault {

using harness::operator+;

namespace {

constexpr double first_ack_bound_s = 1;

// Seconds from the start of the process to the first acknowledgement; the camera has been trying to
// connect for as long as the pod was away.
double start_once(outcome& result, pod& node, const good_camera& good) {
  node.kill();
  const auto before = good.acknowledged();
  const auto start_ns = boottime_ns();
  node.start();
  const bool serves =
      harness::eventually([&] { return good.acknowledged() > before; }, std::chrono::seconds(30));
  result.expect(serves, "no frame is acknowledged after a start: " + node.log());
  return static_cast<double>(boottime_ns() - start_ns) * 1e-9;
}

} // namespace

outcome start_outbox(const options& o) {
  const std::uint64_t results = o.quick ? 1000 : 26'500;
  outcome result;
  const harness::temporary_directory ledger;
  cloud there(o);
  pod node(o, there.flags() + on_disk(ledger.path()) +
                  std::vector<std::string>{"--cloud.local.outbox_entries", "100000"});
  there.leave();
  camera_load fill({.endpoint = node.cameras(), .cameras = alike("fill", 8, 250)});
  result.expect(harness::eventually([&] { return fill.acknowledged() >= results; },
                                    std::chrono::seconds(120)),
                "the outbox does not fill");
  auto accounts = fill.stop();
  result.add("outbox_entries", node.sum("monopod_outbox_entries"));

  good_camera good(node.cameras());
  result.expect(good.publishes(20), "no frame is acknowledged");
  samples first_ack_s;
  for (int i = 0; i < (o.quick ? 2 : 20); ++i) {
    ++result.runs;
    first_ack_s.add(start_once(result, node, good));
    result.expect(good.publishes(20), "no further frame is acknowledged");
  }
  result.add("first_ack_p50_s", first_ack_s.percentile(50));
  result.add("first_ack_max_s", first_ack_s.percentile(100));
  if (o.judges_times())
    result.at_most("first_ack_max_s", first_ack_s.percentile(100), first_ack_bound_s);

  there.come_back();
  for (auto& account : good.stop())
    accounts.push_back(std::move(account));
  finish(result, there, node, accounts, 120);
  return result;
}

} // namespace monopod::fault
