// CPU time and memory of other processes, for Prometheus.
#pragma once

#include "tools/harness/process.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace monopod::experiment {

/// Serves process_cpu_seconds_total and process_resident_memory_bytes, the names that the thesis
/// asks for, of each part, with the label `part`: of programs that have no metrics of their own,
/// too, so that all are measured alike (/proc/PID/stat, /proc/PID/statm). On a free port of
/// 127.0.0.1 for as long as it lives; answers from threads of its own.
class process_exporter {
public:
  explicit process_exporter(std::vector<harness::named_process> parts);
  ~process_exporter();
  process_exporter(const process_exporter&) = delete;
  process_exporter& operator=(const process_exporter&) = delete;

  std::uint16_t port() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace monopod::experiment
