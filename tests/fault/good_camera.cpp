#include "tests/fault/good_camera.hpp"

#include "core/clock.hpp"
#include "tools/harness/process.hpp"

#include <algorithm>

namespace monopod::fault {

good_camera::good_camera(const std::string& endpoint) : last_ns_(boottime_ns()) {
  load_.emplace(load_options{.endpoint = endpoint,
                             .cameras = alike("good", 1, 50),
                             .on_acknowledged = [this](std::size_t) { on_acknowledged(); }});
}

void good_camera::on_acknowledged() {
  const auto now_ns = boottime_ns();
  most_ns_ = std::max<std::uint64_t>(most_ns_, now_ns - last_ns_.exchange(now_ns));
}

void good_camera::begin() {
  most_ns_ = 0;
  last_ns_ = boottime_ns();
}

double good_camera::gap_ms_max() const {
  return static_cast<double>(std::max<std::uint64_t>(most_ns_, boottime_ns() - last_ns_)) * 1e-6;
}

void good_camera::expect_served(outcome& result) const {
  const bool serves = publishes(20);
  result.add("good_after_restart", serves ? 1 : 0);
  result.expect(serves, "the good camera is not served after a restart");
}

bool good_camera::publishes(std::uint64_t frames) const {
  const auto before = load_->acknowledged();
  return harness::eventually([&] { return load_->acknowledged() >= before + frames; });
}

} // namespace monopod::fault
