// A pod to be bothered, and a good camera that must not notice.
#pragma once

#include "tests/fault/cloud.hpp"
#include "tests/fault/good_camera.hpp"
#include "tests/fault/pod.hpp"

#include <optional>
#include <string>
#include <vector>

namespace monopod::fault {

/// A pod that is a group of one, since a group has one port more; and a camera at 50 fps.
struct pod_with_good_camera {
  explicit pod_with_good_camera(const options& o)
      : there(o, "monopod/+/results/good-1/+"), peers(endpoint()), node(o, flags()) {
    good.emplace(node.cameras());
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
  /// The pod is killed and started again, and the camera goes on. Returns the seconds until the pod
  /// was ready.
  double finish(outcome& result) {
    const auto start_s = node.kill_and_restart();
    const bool serves = good->publishes(20);
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
  std::optional<good_camera> good;
};

} // namespace monopod::fault
