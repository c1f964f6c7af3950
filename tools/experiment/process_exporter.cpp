#include "tools/experiment/process_exporter.hpp"

#include "tools/harness/process.hpp"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace monopod::experiment {

namespace {

// User and system time of all threads, those that ended too: fields 14 and 15 of proc(5). 0 where
// the process is gone.
double cpu_seconds(pid_t pid) {
  const auto text = harness::read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto after_name = text.rfind(')');
  if (after_name == std::string::npos)
    return 0;
  std::istringstream fields(text.substr(after_name + 1));
  std::string skipped;
  constexpr int state_to_user_time = 11; // fields 3 to 13
  for (int n = 0; n < state_to_user_time; ++n)
    fields >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  return (user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

class part_metrics final : public prometheus::Collectable {
public:
  explicit part_metrics(std::vector<harness::named_process> parts) : parts_(std::move(parts)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::MetricFamily cpu{"process_cpu_seconds_total",
                                 "User and system CPU time",
                                 prometheus::MetricType::Counter,
                                 {}};
    prometheus::MetricFamily memory{
        "process_resident_memory_bytes", "Resident memory", prometheus::MetricType::Gauge, {}};
    for (const auto& p : parts_) {
      prometheus::ClientMetric metric;
      metric.label.push_back({"part", p.name});
      metric.counter.value = cpu_seconds(p.pid);
      cpu.metric.push_back(metric);
      metric.counter.value = 0;
      metric.gauge.value = static_cast<double>(harness::resident_bytes(p.pid));
      memory.metric.push_back(metric);
    }
    return {cpu, memory};
  }

private:
  std::vector<harness::named_process> parts_;
};

} // namespace

struct process_exporter::state {
  std::shared_ptr<part_metrics> metrics;
  prometheus::Exposer exposer{"127.0.0.1:0", 1};
};

process_exporter::process_exporter(std::vector<harness::named_process> parts)
    : state_(std::make_unique<state>()) {
  state_->metrics = std::make_shared<part_metrics>(std::move(parts));
  state_->exposer.RegisterCollectable(state_->metrics);
}

process_exporter::~process_exporter() = default;

std::uint16_t process_exporter::port() const {
  return static_cast<std::uint16_t>(state_->exposer.GetListeningPorts().at(0));
}

} // namespace monopod::experiment
