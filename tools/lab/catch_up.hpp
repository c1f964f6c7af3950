// How fast a backup that has nothing catches up, and what the cameras notice.
#pragma once

#include "core/percentiles.hpp"
#include "tools/lab/options.hpp"

#include <cstdint>
#include <string>

namespace monopod::lab {

struct catch_up_options {
  lab_options lab; // cameras are chosen here
  std::uint64_t entries = 10'000;
  std::uint64_t runs = 5;
  bool quiet = false;
  std::string json; // file that gets the figures, too
};

struct catch_up_outcome {
  std::uint64_t runs = 0;
  samples entries;    // that waited when the backup started
  samples in_view_ms; // from its start until it is in the view
  samples up_ms;      // of that, until it answered for the first time
  samples before_ms;  // latency of the cameras' frames
  samples beside_ms;  // the same while a node of another group started
  samples during_ms;  // the same while it caught up

  static constexpr double in_view_bound_ms = 1000; // largest
  static constexpr double slowdown_bound = 2;      // of the 99th percentile
  double slowdown() const { return during_ms.percentile(99) / before_ms.percentile(99); }
  double slowdown_beside() const { return during_ms.percentile(99) / beside_ms.percentile(99); }
  bool good() const {
    return in_view_ms.percentile(100) <= in_view_bound_ms && slowdown() <= slowdown_bound;
  }
};

/// Throws std::runtime_error where a node does not come up, or a signal asked to end.
catch_up_outcome measure_catch_up(const catch_up_options& o);

/// For people.
std::string table(const catch_up_outcome& o);

} // namespace monopod::lab
