// /metrics of a process of the control.
#pragma once

#include <prometheus/collectable.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Exposer;
}

namespace monopod::control {

/// A counter that is read when it is asked for, so that counting costs nothing else.
struct read_counter {
  std::string name;
  std::string help;
  std::function<std::uint64_t()> read; // on any thread
};

/// Serves the counters and those of the process, under the names that the thesis queried, from its
/// constructor on to its end.
class metrics_endpoint {
public:
  /// `listen`: HOST:PORT; empty: nothing is served. Throws std::runtime_error with the remedy where
  /// it can't be bound.
  metrics_endpoint(const std::string& listen, std::vector<read_counter> counters);
  ~metrics_endpoint();
  metrics_endpoint(const metrics_endpoint&) = delete;
  metrics_endpoint& operator=(const metrics_endpoint&) = delete;

private:
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables_; // the exposer keeps none
  std::unique_ptr<prometheus::Exposer> exposer_;
};

} // namespace monopod::control
