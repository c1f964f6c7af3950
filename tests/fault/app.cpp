#include "tests/fault/app.hpp"

#include "tools/harness/programs.hpp"

#include <csignal>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace monopod::fault {

application::application(const options& o, const pod& node, std::string name,
                         const std::string& policy)
    : name_(std::move(name)), arguments_{o.program("app"), "--server", node.applications(),
                                         "--name",         name_,      "--policy",
                                         policy,           "--quiet",  "--json"} {
  come_back();
}

void application::crash() {
  process_->signal(SIGKILL);
  if (!process_->wait(std::chrono::seconds(10)))
    throw std::runtime_error(name_ + " survives SIGKILL");
}

void application::come_back() {
  process_ = std::make_unique<harness::process>(arguments_, directory_.path() / "output");
}

double application::results(const pod& node) const {
  return node.metric("monopod_app_results_total{app=\"" + name_ + "\"}");
}

bool attached(pod& node, std::size_t count) {
  return harness::eventually([&] {
    const auto status = node.process().get("/api/v1/status");
    return !status.empty() && harness::parse_json(status).at("apps").size() == count;
  });
}

} // namespace monopod::fault
