// The faults: what is broken, how it heals, and the bound of each.
#pragma once

#include "tools/lab/laboratory.hpp"

#include <functional>
#include <random>
#include <string>
#include <vector>

namespace monopod::lab {

/// What a run of a fault works with.
struct scene {
  laboratory& lab;
  std::mt19937_64& random; // every random choice
  std::uint64_t run = 0;   // of this fault: 0, 1, ...
};

/// Which laboratories a fault makes sense in.
enum class needs { nothing, group, three_replicas, witness, small_disks };

struct fault {
  std::string name;
  std::string meaning;
  needs what;
  /// Largest outage at the 99th percentile in milliseconds, of a profile (docs/failover.md).
  std::function<double(const std::string& profile)> bound_ms;
  /// Breaks and heals; the caller waits before and after until all is whole and streams.
  std::function<void(scene&)> run;
  /// Results wait for the cloud: only acknowledgements are judged by the bound.
  bool cloud_away = false;
};

const std::vector<fault>& all_faults();

} // namespace monopod::lab
