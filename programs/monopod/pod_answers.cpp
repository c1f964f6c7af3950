#include "programs/monopod/pod_answers.hpp"

#include <iostream>
#include <stdexcept>

namespace monopod {

std::string unreachable(const http_address& address, const http_answer& answer) {
  return "no pod answers at " + address.text() + " (" + answer.body +
         "): start one with `monopod run`, or name its http.listen with --address\n";
}

std::string wrong_address(const std::string& text) {
  try {
    http_address::parse(text);
    return {};
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

int post_to_pod(const http_address& address, const std::string& target) {
  const auto answer = ask_http(address, "POST", target);
  if (answer.status == 200) {
    std::cout << answer.body;
    return 0;
  }
  std::cerr << "monopod: " << (answer.status == 0 ? unreachable(address, answer) : answer.body);
  return 1;
}

nlohmann::json read_status(const std::string& answer) {
  auto status = nlohmann::json::parse(answer, nullptr, false);
  if (!status.is_object())
    throw std::runtime_error("the answer is not a pod's status: is it a monopod at that address?");
  return status;
}

} // namespace monopod
