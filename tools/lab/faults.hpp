// The faults: how each breaks the group and heals it, and its bound.
#pragma once

#include "tools/lab/laboratory.hpp"

#include <functional>
#include <random>
#include <string>
#include <vector>

namespace monopod::lab {

/// The things that a run of a fault works with.
struct scene {
  laboratory& lab;
  std::mt19937_64& random; // for every random choice
  std::uint64_t run = 0;   // of this fault: 0, 1, ...
};

/// The laboratories in which a fault makes sense.
enum class needs { nothing, group, three_replicas, witness, small_disks };

struct fault {
  std::string name;
  std::string meaning;
  needs what;
  /// The bound of the outage's 99th percentile, in milliseconds, for a profile (docs/failover.md).
  std::function<double(const std::string& profile)> bound_ms;
  /// Breaks and heals the group. The caller waits before and after it until the group is whole and
  /// frames flow.
  std::function<void(scene&)> run;
  /// Results wait for the cloud, so only acknowledgements count for the bound.
  bool cloud_away = false;
};

const std::vector<fault>& all_faults();

} // namespace monopod::lab
