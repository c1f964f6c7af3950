#include "programs/collect/report.hpp"

#include "programs/report_json.hpp"
#include "programs/table.hpp"

#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

namespace monopod {

std::string csv_row(const wire::Result& r, std::uint64_t received_at_ns, verdict what) {
  const auto ms_from_capture = [&r](std::uint64_t to_ns) {
    return (static_cast<double>(to_ns) - static_cast<double>(r.captured_at_ns())) * 1e-6;
  };
  return fmt::format("{},{},{},{},{},{},{},{},{:.3f},{:.3f},{}\n", r.camera()->str(), r.stream(),
                     r.seq(), r.app()->str(), r.epoch(), r.captured_at_ns(), r.published_at_ns(),
                     received_at_ns, ms_from_capture(r.published_at_ns()),
                     ms_from_capture(received_at_ns), what == verdict::kept ? "kept" : "twice");
}

std::string report_json(const collector::summary& s) {
  const nlohmann::ordered_json j{{"results", s.results},
                                 {"lost", s.lost},
                                 {"twice", s.twice},
                                 {"gaps", s.gaps},
                                 {"out_of_order", s.out_of_order},
                                 {"malformed", s.malformed},
                                 {"series", s.series},
                                 {"rate_per_s", rounded(s.rate_per_s, 3)},
                                 {"publish_ms", percentiles_json(s.publish_ms)},
                                 {"consumer_ms", percentiles_json(s.consumer_ms)}};
  return j.dump() + "\n";
}

std::string report_table(const collector::summary& s) {
  table counts({{"", align::left}, {""}, {"", align::left}});
  counts.add({"results", fmt::to_string(s.results),
              fmt::format("{:.1f} a second, {} series", s.rate_per_s, s.series)});
  counts.add({"lost", fmt::to_string(s.lost), fmt::format("{} gaps", s.gaps)});
  counts.add({"twice", fmt::to_string(s.twice)});
  counts.add({"out of order", fmt::to_string(s.out_of_order)});
  counts.add({"malformed", fmt::to_string(s.malformed)});
  table latency({{"latency from the camera's stamp, ms", align::left}, {"p50"}, {"p95"}, {"p99"}});
  const auto add = [&latency](const char* to, const samples& ms) {
    const auto at = [&ms](double p) { return fmt::format("{:.3f}", ms.percentile(p)); };
    latency.add({to, at(50), at(95), at(99)});
  };
  add("  to just before publish", s.publish_ms);
  add("  to this consumer", s.consumer_ms);
  return "\n" + counts.text() + "\n" + latency.text();
}

} // namespace monopod
