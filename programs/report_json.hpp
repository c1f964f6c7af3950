// The common parts of our programs' reports in JSON.
#pragma once

#include "core/percentiles.hpp"

#include <nlohmann/json_fwd.hpp>

namespace monopod {

/// Rounds to so many decimals, as a report prints a measured value. Infinity and NaN stay as they
/// are; they become null in JSON.
double rounded(double value, int decimals);

/// {"p50": ..., "p95": ..., "p99": ...} of times in milliseconds, to the microsecond.
nlohmann::ordered_json percentiles_json(const samples& ms);

} // namespace monopod
