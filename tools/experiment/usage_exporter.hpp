// CPU time and memory of a system's parts, for Prometheus.
#pragma once

#include "tools/experiment/usage.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace monopod::experiment {

/// Serves process_cpu_seconds_total and process_resident_memory_bytes, the names that the thesis
/// queried, for each part, with the label `part`. It covers programs without metrics of their own
/// as well, so that all are measured alike. It listens on a free port of 127.0.0.1 for as long as
/// it lives, and reads on demand, on a thread of its own.
class usage_exporter {
public:
  explicit usage_exporter(std::function<std::vector<part_usage>()> read);
  ~usage_exporter();
  usage_exporter(const usage_exporter&) = delete;
  usage_exporter& operator=(const usage_exporter&) = delete;

  std::uint16_t port() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace monopod::experiment
