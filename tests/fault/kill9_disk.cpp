// The pod is killed at random moments, with its ledger on disk, while a camera streams.
#include "core/clock.hpp"
#include "core/percentiles.hpp"
#include "tests/fault/cloud.hpp"
#include "tests/fault/pod.hpp"

#include <random>

namespace monopod::fault {

using harness::operator+;

outcome kill9_disk(const options& o) {
  constexpr double fps = 200;
  constexpr std::size_t window = 2 * 200; // two seconds
  const std::uint64_t kills = o.quick ? 5 : 100;
  outcome result;
  result.add("seed", static_cast<double>(o.seed));
  const harness::temporary_directory ledger;
  cloud there(o);
  pod node(o, there.flags() + on_disk(ledger.path()));
  camera_load load({.endpoint = node.cameras(), .cameras = alike("cam", 1, fps), .window = window});
  std::mt19937_64 random(o.seed);
  std::uniform_int_distribution<int> moment_ms(20, 800);
  std::uniform_int_distribution<int> start_ms(0, 30);
  std::uint64_t starting = 0;
  std::uint64_t tell_at = 10;
  samples restart_s;
  while (result.runs < kills) {
    // Each life takes frames, else the same state would be killed again and again.
    const auto before = load.acknowledged();
    if (!harness::eventually([&] { return load.acknowledged() > before; })) {
      result.expect(false, "no frame is acknowledged after a restart: " + node.process().log());
      break;
    }
    // Beside a cloud that confirms at once, a ledger in memory would do: half of the time there is
    // none, and what was acknowledged is on the disk only.
    if (there.there() && result.runs % 4 == 1)
      there.leave();
    else if (!there.there() && result.runs % 4 >= 3)
      there.come_back();
    rest(moment_ms(random));
    if (++result.runs % 3 == 0 && result.runs < kills) { // the next one while it restores
      node.kill_and_kill_starting(start_ms(random));
      ++result.runs;
      ++starting;
    }
    restart_s.add(node.kill_and_restart());
    if (result.runs >= tell_at) {
      say("kill9-disk: " + std::to_string(result.runs) + " kills");
      tell_at += 10;
    }
  }
  if (!there.there())
    there.come_back();
  const auto accounts = load.stop();
  finish(result, there, node, accounts, 60);
  result.add("killed_while_starting", static_cast<double>(starting));
  result.add("restart_p50_s", restart_s.percentile(50));
  result.add("restart_max_s", restart_s.percentile(100));
  return result;
}

} // namespace monopod::fault
