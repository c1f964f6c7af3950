// A real Prometheus for benchmarks and end-to-end tests.
#pragma once

#include "tools/harness/process.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace monopod::harness {

/// Debian's Prometheus on a free port of 127.0.0.1, which scrapes every second; ready when
/// constructed. Single-threaded.
class prometheus_server {
public:
  struct job {
    std::string name;       // label `job`
    std::uint16_t port = 0; // of /metrics at 127.0.0.1
  };
  explicit prometheus_server(const std::vector<job>& jobs);

  /// The single value that a query returns; not a number (NaN) if there is none.
  double query(const std::string& text) const;

  struct point {
    double at_s = 0; // since the Unix epoch
    double value = 0;
  };
  /// The single series that a query returns, with a point for each second of that time (seconds
  /// since the Unix epoch); empty if there is none.
  std::vector<point> query_range(const std::string& text, double from_s, double to_s) const;

private:
  temporary_directory directory_;
  std::uint16_t port_ = free_port();
  std::unique_ptr<process> process_;
};

} // namespace monopod::harness
