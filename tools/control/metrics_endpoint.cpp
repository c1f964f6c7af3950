#include "tools/control/metrics_endpoint.hpp"

#include "actors/metrics.hpp"

#include <prometheus/exposer.h>

#include <exception>
#include <stdexcept>
#include <utility>

namespace monopod::control {

namespace {

class read_counters final : public prometheus::Collectable {
public:
  explicit read_counters(std::vector<read_counter> counters) : counters_(std::move(counters)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const auto& c : counters_) {
      prometheus::ClientMetric metric;
      metric.counter.value = static_cast<double>(c.read());
      families.push_back({c.name, c.help, prometheus::MetricType::Counter, {metric}});
    }
    return families;
  }

private:
  std::vector<read_counter> counters_;
};

} // namespace

metrics_endpoint::metrics_endpoint(const std::string& listen, std::vector<read_counter> counters)
    : collectables_{make_process_metrics(), std::make_shared<read_counters>(std::move(counters))} {
  if (listen.empty())
    return;
  constexpr std::size_t threads = 1; // enough for one Prometheus
  try {
    exposer_ = std::make_unique<prometheus::Exposer>(listen, threads);
  } catch (const std::exception&) {
    throw std::runtime_error("can't listen for HTTP at " + listen +
                             ": set --metrics to a free HOST:PORT");
  }
  for (const auto& c : collectables_)
    exposer_->RegisterCollectable(c);
}

metrics_endpoint::~metrics_endpoint() = default;

} // namespace monopod::control
