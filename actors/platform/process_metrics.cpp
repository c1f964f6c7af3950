#include "actors/metrics.hpp"
#include "core/clock.hpp"

#include <prometheus/collectable.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace monopod {

namespace {

prometheus::MetricFamily single(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  family.metric.push_back(metric);
  return family;
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

// Boot time plus the process's start in clock ticks after boot: field 22 of /proc/self/stat
// (proc(5)). The boot time is not read from /proc/stat, which a service may not see
// (ProcSubset=pid).
double start_time_s() {
  std::ifstream stat("/proc/self/stat");
  const std::string line((std::istreambuf_iterator<char>(stat)), std::istreambuf_iterator<char>());
  unsigned long long ticks = 0;
  const auto comm_end = line.rfind(')');
  if (comm_end == std::string::npos ||
      std::sscanf(
          line.c_str() + comm_end + 1,
          " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
          &ticks) != 1)
    return 0;
  const auto boot_s =
      (static_cast<double>(realtime_ns()) - static_cast<double>(boottime_ns())) * 1e-9;
  return boot_s + static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

class process_metrics final : public prometheus::Collectable {
public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    using prometheus::MetricType;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::ifstream statm("/proc/self/statm");
    double virtual_pages = 0;
    double resident_pages = 0;
    statm >> virtual_pages >> resident_pages;
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    std::error_code ignored;
    double open_fds = 0;
    for (auto at = std::filesystem::directory_iterator("/proc/self/fd", ignored);
         at != std::filesystem::directory_iterator(); at.increment(ignored))
      ++open_fds;
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    return {single("process_cpu_seconds_total", "User and system CPU time of the process",
                   MetricType::Counter, seconds(usage.ru_utime) + seconds(usage.ru_stime)),
            single("process_resident_memory_bytes", "Resident memory", MetricType::Gauge,
                   resident_pages * page_bytes),
            single("process_virtual_memory_bytes", "Virtual memory", MetricType::Gauge,
                   virtual_pages * page_bytes),
            single("process_open_fds", "Open file descriptors", MetricType::Gauge, open_fds),
            single("process_max_fds", "Limit of open file descriptors", MetricType::Gauge,
                   static_cast<double>(files.rlim_cur)),
            single("process_start_time_seconds", "Start, in seconds since the Unix epoch",
                   MetricType::Gauge, start_s_)};
  }

private:
  double start_s_ = start_time_s();
};

} // namespace

std::shared_ptr<prometheus::Collectable> make_process_metrics() {
  return std::make_shared<process_metrics>();
}

} // namespace monopod
