// What commands do with a running pod's answers.
#pragma once

#include "programs/http.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace monopod {

/// What to tell a user if nobody answered.
std::string unreachable(const http_address& address, const http_answer& answer);

/// Posts to the pod and prints what it says: on stdout if it did as it was asked, else on stderr.
/// The exit code.
int post_to_pod(const http_address& address, const std::string& target);

/// The object in what /api/v1/status answers (schemas/status.fbs); std::runtime_error if it is
/// something else.
nlohmann::json read_status(const std::string& answer);

} // namespace monopod
