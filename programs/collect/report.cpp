#include "programs/collect/report.hpp"

#include <spdlog/fmt/fmt.h>

#include <cstdio>

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

void print_report(const collector::summary& s, bool json) {
  const auto percentiles = [json](const samples& t) {
    const auto* pattern =
        json ? R"({{"p50":{:.3f},"p95":{:.3f},"p99":{:.3f}}})" : "{:9.3f} {:9.3f} {:9.3f}";
    return fmt::format(fmt::runtime(pattern), t.percentile(50), t.percentile(95), t.percentile(99));
  };
  if (json) {
    fmt::print(
        R"({{"results":{},"lost":{},"twice":{},"gaps":{},"out_of_order":{},"malformed":{},"series":{},)"
        R"("rate_per_s":{:.3f},"publish_ms":{},"consumer_ms":{}}})"
        "\n",
        s.results, s.lost, s.twice, s.gaps, s.out_of_order, s.malformed, s.series, s.rate_per_s,
        percentiles(s.publish_ms), percentiles(s.consumer_ms));
  } else {
    fmt::print("\nresults      {:>9}   {:.1f} a second, {} series\n"
               "lost         {:>9}   {} gaps\n"
               "twice        {:>9}\n"
               "out of order {:>9}\n"
               "malformed    {:>9}\n\n"
               "latency from the camera's stamp, ms    p50       p95       p99\n"
               "  to just before publish         {}\n"
               "  to this consumer               {}\n",
               s.results, s.rate_per_s, s.series, s.lost, s.gaps, s.twice, s.out_of_order,
               s.malformed, percentiles(s.publish_ms), percentiles(s.consumer_ms));
  }
  std::fflush(stdout);
}

} // namespace monopod
