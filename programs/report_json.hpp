// What the JSON of our programs' reports has in common.
#pragma once

#include "core/percentiles.hpp"

#include <nlohmann/json_fwd.hpp>

namespace monopod {

/// To so many decimals, as a report prints a measured value. What is not finite stays so: it is
/// null in JSON.
double rounded(double value, int decimals);

/// {"p50": ..., "p95": ..., "p99": ...} of times in milliseconds, to the microsecond.
nlohmann::ordered_json percentiles_json(const samples& ms);

} // namespace monopod
