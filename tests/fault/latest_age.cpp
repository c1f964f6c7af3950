// How old the newest frame is that an application gets which takes three frame periods for each.
#include "clients/app_client.hpp"
#include "core/clock.hpp"
#include "core/percentiles.hpp"
#include "tests/fault/cloud.hpp"
#include "tests/fault/pod.hpp"

namespace monopod::fault {

outcome latest_age(const options& o) {
  constexpr double fps = 10;
  constexpr int service_ms = 300;
  const std::uint64_t frames = o.quick ? 8 : 200;
  outcome result;
  cloud there(o);
  pod node(o, there.flags());
  app_connection app(
      {.server = node.applications(), .app = "slow", .policy = wire::Policy::Latest});
  app.next(100); // says that it is there
  camera_load load({.endpoint = node.cameras(), .cameras = alike("cam", 1, fps)});
  samples age_ms;
  samples took_ms; // per frame, what this process really needed
  std::uint64_t skipped = 0;
  std::uint64_t last_ns = 0;
  for (std::uint64_t n = 0; n < frames + 2; ++n) {
    const auto frame = app.next(5000);
    if (!frame)
      break;
    if (n >= 2) { // the first ones found an idle application
      age_ms.add(static_cast<double>(frame->started_at_ns - frame->captured_at_ns) * 1e-6);
      took_ms.add(static_cast<double>(frame->started_at_ns - last_ns) * 1e-6);
      skipped += frame->skipped_newer;
    }
    last_ns = frame->started_at_ns;
    rest(service_ms);
    app.answer(*frame, {});
  }
  const auto accounts = load.stop();
  finish(result, there, node, accounts);
  result.runs = age_ms.count();
  const double bound_ms = 1000 / fps + took_ms.percentile(100);
  result.add("latest_age_ms", age_ms.percentile(100));
  result.add("latest_age_p50_ms", age_ms.percentile(50));
  result.add("bound_ms", bound_ms);
  result.add("service_max_ms", took_ms.percentile(100));
  result.add("skipped", static_cast<double>(skipped));
  result.at_least("frames that the application got", static_cast<double>(age_ms.count()),
                  static_cast<double>(frames));
  // Of three frames it gets one.
  result.at_least("frames that were skipped for newer ones", static_cast<double>(skipped),
                  static_cast<double>(frames));
  if (o.judges_times())
    result.at_most("latest_age_ms", age_ms.percentile(100), bound_ms);
  return result;
}

} // namespace monopod::fault
