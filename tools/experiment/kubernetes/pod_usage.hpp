// What the pods of a system use, by what they say themselves.
#pragma once

#include "tools/experiment/usage.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace monopod::experiment {

/// Reads pages of several processes, one after the other in a text, each followed by `page_end`: of
/// Prometheus (process_cpu_seconds_total, process_resident_memory_bytes), or NATS's /varz, which
/// tells the share of a core that it used in the last second and is summed up here. All of them
/// read /proc. Single-threaded.
class pod_usage {
public:
  static constexpr char page_end = '\f';

  /// All together; nothing where fewer than `pages` of them are there. `now_ns`: boottime_ns().
  std::optional<part_usage> read(const std::string& text, std::size_t pages, std::uint64_t now_ns);

private:
  std::uint64_t last_ns_ = 0;
  double shares_cpu_s_ = 0; // of those that tell a share
};

} // namespace monopod::experiment
