// A pod's status, read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace monopod {

/// The object in what /api/v1/status answers (schemas/status.fbs); std::runtime_error if it is
/// something else.
nlohmann::json read_status(const std::string& answer);

} // namespace monopod
