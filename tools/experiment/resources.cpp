#include "tools/experiment/resources.hpp"

#include "core/clock.hpp"
#include "tools/experiment/stream.hpp"
#include "tools/experiment/usage_exporter.hpp"
#include "tools/harness/prometheus_server.hpp"

#include <spdlog/fmt/fmt.h>

#include <map>
#include <stdexcept>

namespace monopod::experiment {

namespace {

// The queries sum over all parts, as the thesis does (chapter 4.1). A rate needs two scrapes, and
// five smooth the 10 ms of the kernel's clock ticks.
constexpr const char* cpu_query = "sum(rate(process_cpu_seconds_total[5s]))";
constexpr const char* memory_query = "sum(process_resident_memory_bytes)";
constexpr double settles_s = 6; // until a rate does not include earlier times

double now_s() { return static_cast<double>(realtime_ns()) * 1e-9; }

void add_phase(sample_table& t, const harness::prometheus_server& p, bool streaming, double from_s,
               double to_s) {
  const auto cpu = p.query_range(cpu_query, from_s, to_s);
  const auto memory = p.query_range(memory_query, from_s, to_s);
  std::map<double, double> bytes;
  for (const auto& m : memory)
    bytes.emplace(m.at_s, m.value);
  const auto before = t.rows.size();
  for (const auto& c : cpu) // if a scrape was late, one of them may have no value
    if (const auto m = bytes.find(c.at_s); m != bytes.end())
      t.rows.push_back({streaming ? 1.0 : 0.0, c.at_s - from_s, c.value, m->second * 1e-6});
  if (t.rows.size() == before)
    throw std::runtime_error(
        fmt::format("Prometheus has no samples of the system: {} of CPU, {} of "
                    "memory",
                    cpu.size(), memory.size()));
}

} // namespace

sample_table measure_resources(const variant& v, const std::string& bin, const settings& s) {
  stream flow(v, bin, 1);
  const usage_exporter exporter([&flow] { return flow.system().usage(); });
  const harness::prometheus_server prometheus({{"system", exporter.port()}});
  sample_table t{.columns = {"streaming", "t_s", "cpu_cores", "rss_mb"}, .rows = {}};
  pause_s(s.quiet_s + settles_s);
  auto from_s = now_s();
  pause_s(s.measure_s);
  add_phase(t, prometheus, false, from_s, now_s());
  flow.start_cameras(s, static_cast<std::uint64_t>((s.measure_s + settles_s + 2) * s.fps));
  pause_s(settles_s + 1);
  from_s = now_s();
  pause_s(s.measure_s);
  add_phase(t, prometheus, true, from_s, now_s());
  flow.finish();
  return t;
}

} // namespace monopod::experiment
