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
  explicit pod_with_good_camera(const options& o, const std::vector<std::string>& more = {})
      : there(o, "monopod/+/results/good-1/+"), peers(endpoint()), node(o, flags(more)) {
    good.emplace(node.cameras());
  }

  static std::string endpoint() {
    return "tcp://127.0.0.1:" + std::to_string(harness::free_port());
  }
  std::vector<std::string> flags(const std::vector<std::string>& more) const {
    using harness::operator+;
    return there.flags() + on_disk(directory.path() / "ledger") +
           std::vector<std::string>{"--node",
                                    "a",
                                    "--group.directory",
                                    (directory.path() / "group").string(),
                                    "--member.a.address",
                                    peers} +
           more;
  }
  /// The pod is killed and started again, and the camera goes on. Returns the seconds until the pod
  /// was ready.
  double restart_and_finish(outcome& result) {
    const auto start_s = node.kill_and_restart();
    good->expect_served(result);
    finish(result, there, node, good->stop());
    return start_s;
  }

  harness::temporary_directory directory;
  cloud there;
  std::string peers;
  pod node;
  std::optional<good_camera> good;
};

} // namespace monopod::fault
