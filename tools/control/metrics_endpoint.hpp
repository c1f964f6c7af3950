// The /metrics endpoint of a process of the control.
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

/// A counter that is read on demand, so that counting costs nothing else.
struct read_counter {
  std::string name;
  std::string help;
  std::function<std::uint64_t()> read; // on any thread
};

/// Serves the counters, and those of the process under the names that the thesis queried, from its
/// constructor to its end.
class metrics_endpoint {
public:
  /// `listen` is HOST:PORT; if it is empty, nothing is served. Throws std::runtime_error with the
  /// remedy if it can't be bound.
  metrics_endpoint(const std::string& listen, std::vector<read_counter> counters);
  ~metrics_endpoint();
  metrics_endpoint(const metrics_endpoint&) = delete;
  metrics_endpoint& operator=(const metrics_endpoint&) = delete;

private:
  // The exposer does not keep these alive.
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

} // namespace monopod::control
