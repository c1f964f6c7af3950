// The answers of a running pod, as the commands handle them.
#pragma once

#include "programs/http.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace monopod {

/// The message for the user if no pod answered.
std::string unreachable(const http_address& address, const http_answer& answer);

/// Empty if the text is HOST:PORT, else what is wrong: a check of CLI11 (CLI::Option::check).
std::string wrong_address(const std::string& text);

/// Posts to the pod and prints its answer: on stdout if the pod did as it was asked, else on
/// stderr. Returns the exit code.
int post_to_pod(const http_address& address, const std::string& target);

/// The object in an answer of /api/v1/status (schemas/status.fbs). Throws std::runtime_error with
/// the remedy if the answer is something else.
nlohmann::json read_status(const std::string& answer);

} // namespace monopod
