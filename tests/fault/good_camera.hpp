// A camera that does nothing wrong, and must not notice what others do.
#pragma once

#include "tests/fault/outcome.hpp"
#include "tools/load/camera_load.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace monopod::fault {

/// The longest time between two acknowledgements that a good camera at 50 fps may see.
inline constexpr double good_gap_bound_ms = 100;

/// The camera good-1 at 50 fps, which measures the longest time between two acknowledgements.
class good_camera {
public:
  /// `endpoint`: of the gateway, or of all replicas of a group, separated by commas.
  explicit good_camera(const std::string& endpoint);

  /// Measures anew from now on.
  void begin();
  double gap_ms_max() const;
  std::uint64_t acknowledged() const { return load_->acknowledged(); }
  /// Whether so many further frames are acknowledged within ten seconds.
  bool publishes(std::uint64_t frames) const;
  /// Expects that it is served after a restart, which is the figure good_after_restart.
  void expect_served(outcome& result) const;
  std::vector<camera_account> stop() { return load_->stop(); }

private:
  void on_acknowledged();

  std::atomic<std::uint64_t> last_ns_;
  std::atomic<std::uint64_t> most_ns_ = 0;
  std::optional<camera_load> load_;
};

} // namespace monopod::fault
