#include "tools/harness/nats_server.hpp"

#include <spdlog/fmt/fmt.h>

#include <stdexcept>
#include <vector>

namespace monopod::harness {

nats_server::nats_server() {
  const auto log = directory_.path() / "log";
  process_ =
      std::make_unique<process>(std::vector<std::string>{"nats-server", "--addr", "127.0.0.1",
                                                         "--port", std::to_string(port_)},
                                log);
  if (!eventually([&] { return read_file(log).find("Server is ready") != std::string::npos; }))
    throw std::runtime_error("nats-server does not start: " + read_file(log));
}

std::string nats_server::url() const { return fmt::format("nats://127.0.0.1:{}", port_); }

} // namespace monopod::harness
