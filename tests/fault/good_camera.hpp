// A good camera beside whatever bothers the pod: its longest gap is what a case judges.
#pragma once

#include "core/clock.hpp"
#include "tests/fault/cloud.hpp"
#include "tests/fault/pod.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace monopod::fault {

/// The longest gap that a good camera may see.
inline constexpr double good_gap_bound_ms = 100;

/// The longest time between two acknowledgements of a camera.
class gap_watch {
public:
  void begin() {
    most_ns_ = 0;
    last_ns_ = boottime_ns();
  }
  void acknowledged() {
    const auto now_ns = boottime_ns();
    most_ns_ = std::max<std::uint64_t>(most_ns_, now_ns - last_ns_.exchange(now_ns));
  }
  double most_ms() const {
    return static_cast<double>(std::max<std::uint64_t>(most_ns_, boottime_ns() - last_ns_)) * 1e-6;
  }

private:
  std::atomic<std::uint64_t> last_ns_ = boottime_ns();
  std::atomic<std::uint64_t> most_ns_ = 0;
};

/// A pod that is a group of one, since a group has one port more; and a camera at 50 fps.
struct pod_with_good_camera {
  explicit pod_with_good_camera(const options& o)
      : there(o, "monopod/+/results/good-1/+"), peers(endpoint()), node(o, flags()) {
    good.emplace(load_options{.endpoint = node.cameras(),
                              .cameras = alike("good", 1, 50),
                              .on_acknowledged = [this](std::size_t) { gaps.acknowledged(); }});
  }

  static std::string endpoint() {
    return "tcp://127.0.0.1:" + std::to_string(harness::free_port());
  }
  std::vector<std::string> flags() const {
    auto all = there.flags();
    const auto more = on_disk(directory.path() / "ledger");
    all.insert(all.end(), more.begin(), more.end());
    all.insert(all.end(), {"--node", "a", "--group.directory",
                           (directory.path() / "group").string(), "--member.a.address", peers});
    return all;
  }
  bool publishes(std::uint64_t frames) const {
    const auto before = good->acknowledged();
    return harness::eventually([&] { return good->acknowledged() >= before + frames; });
  }

  /// The pod is killed and started again, and the camera goes on. Returns the seconds until the pod
  /// was ready.
  double finish(outcome& result) {
    const auto start_s = node.kill_and_restart();
    const bool serves = publishes(20);
    result.add("good_after_restart", serves ? 1 : 0);
    result.expect(serves, "the good camera is not served after a restart");
    const auto accounts = good->stop();
    result.expect(node.drained(10), "results stay in the outbox");
    add(result, there.judge(accounts, {"emulator"}));
    add(result, accounts);
    result.expect_delivered();
    node.stop(result);
    return start_s;
  }

  harness::temporary_directory directory;
  cloud there;
  std::string peers;
  pod node;
  gap_watch gaps;
  std::optional<camera_load> good;
};

} // namespace monopod::fault
