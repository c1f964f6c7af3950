#include "tools/experiment/usage_exporter.hpp"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <utility>

namespace monopod::experiment {

namespace {

class part_metrics final : public prometheus::Collectable {
public:
  explicit part_metrics(std::function<std::vector<part_usage>()> read) : read_(std::move(read)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::MetricFamily cpu{"process_cpu_seconds_total",
                                 "User and system CPU time",
                                 prometheus::MetricType::Counter,
                                 {}};
    prometheus::MetricFamily memory{
        "process_resident_memory_bytes", "Resident memory", prometheus::MetricType::Gauge, {}};
    for (const auto& u : read_()) {
      prometheus::ClientMetric metric;
      metric.label.push_back({"part", u.part});
      metric.counter.value = u.cpu_s;
      cpu.metric.push_back(metric);
      metric.counter.value = 0;
      metric.gauge.value = u.resident_bytes;
      memory.metric.push_back(metric);
    }
    return {cpu, memory};
  }

private:
  std::function<std::vector<part_usage>()> read_;
};

} // namespace

struct usage_exporter::state {
  std::shared_ptr<part_metrics> metrics;
  prometheus::Exposer exposer{"127.0.0.1:0", 1};
};

usage_exporter::usage_exporter(std::function<std::vector<part_usage>()> read)
    : state_(std::make_unique<state>()) {
  state_->metrics = std::make_shared<part_metrics>(std::move(read));
  state_->exposer.RegisterCollectable(state_->metrics);
}

usage_exporter::~usage_exporter() = default;

std::uint16_t usage_exporter::port() const {
  return static_cast<std::uint16_t>(state_->exposer.GetListeningPorts().at(0));
}

} // namespace monopod::experiment
