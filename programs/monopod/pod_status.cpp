#include "programs/monopod/pod_status.hpp"

#include <stdexcept>

namespace monopod {

nlohmann::json read_status(const std::string& answer) {
  auto status = nlohmann::json::parse(answer, nullptr, false);
  if (!status.is_object())
    throw std::runtime_error("the answer is not a pod's status: is it a monopod at that address?");
  return status;
}

} // namespace monopod
