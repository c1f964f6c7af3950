#include "programs/report_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace monopod {

double rounded(double value, int decimals) {
  const auto scale = std::pow(10, decimals);
  return std::round(value * scale) / scale;
}

nlohmann::ordered_json percentiles_json(const samples& ms) {
  return {{"p50", rounded(ms.percentile(50), 3)},
          {"p95", rounded(ms.percentile(95), 3)},
          {"p99", rounded(ms.percentile(99), 3)}};
}

} // namespace monopod
