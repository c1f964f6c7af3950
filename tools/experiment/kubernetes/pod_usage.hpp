// The CPU time and memory of a system's pods, as they report them.
#pragma once

#include "tools/experiment/usage.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace monopod::experiment {

/// Reads the pages of several processes, one after the other in a text, each followed by
/// `page_end`. A page is Prometheus's (process_cpu_seconds_total, process_resident_memory_bytes)
/// or NATS's /varz, which has the share of a core that was used in the last second, and is summed
/// up here. All of them read /proc. Single-threaded.
class pod_usage {
public:
  static constexpr char page_end = '\f';

  /// The usage of all together; nothing if the text has fewer than `pages` pages. `now_ns` is
  /// boottime_ns().
  std::optional<part_usage> read(const std::string& text, std::size_t pages, std::uint64_t now_ns);

private:
  std::uint64_t last_ns_ = 0;
  double shares_cpu_s_ = 0; // of the processes that report a share
};

} // namespace monopod::experiment
