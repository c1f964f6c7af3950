#include "tools/bench/consumer.hpp"

#include "core/percentiles.hpp"

namespace monopod {

consumer::consumer(const std::string& collect_program)
    : collector_(collect_program, broker_.port(), {}) {}

void consumer::stop() { collector_.child().terminate(); }

consumer::latencies consumer::of(const std::string& camera_prefix) const {
  samples us;
  for (const auto& r : harness::read_results(collector_.csv()))
    if (r.camera.starts_with(camera_prefix))
      us.add(static_cast<double>(r.published_at_ns - r.captured_at_ns) * 1e-3);
  return {us.percentile(50), us.percentile(95), us.percentile(99), us.count()};
}

} // namespace monopod
