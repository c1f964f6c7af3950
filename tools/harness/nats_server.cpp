#include "tools/harness/nats_server.hpp"

#include "tools/harness/programs.hpp"

#include <spdlog/fmt/fmt.h>

#include <stdexcept>
#include <utility>

namespace monopod::harness {

nats_server::nats_server(std::string address, const std::vector<std::string>& flags)
    : address_(std::move(address)) {
  const auto log = directory_.path() / "log";
  process_ = std::make_unique<process>(
      std::vector<std::string>{"nats-server", "--addr", address_, "--port", std::to_string(port_)} +
          flags,
      log);
  if (!eventually([&] { return read_file(log).find("Server is ready") != std::string::npos; }))
    throw std::runtime_error("nats-server does not start: " + read_file(log));
}

std::string nats_server::url() const { return fmt::format("nats://{}:{}", address_, port_); }

} // namespace monopod::harness
