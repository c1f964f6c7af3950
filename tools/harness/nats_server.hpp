// A real nats-server for the experiment and its tests.
#pragma once

#include "tools/harness/process.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace monopod::harness {

/// Debian's nats-server on a free port of `address`; takes connections when constructed.
/// std::runtime_error if it does not start.
class nats_server {
public:
  /// `flags` are added to its command.
  explicit nats_server(std::string address = "127.0.0.1",
                       const std::vector<std::string>& flags = {});
  std::uint16_t port() const { return port_; }
  std::string url() const;
  pid_t pid() const { return process_->pid(); }
  process& child() { return *process_; }

private:
  std::string address_;
  temporary_directory directory_;
  std::uint16_t port_ = free_port();
  std::unique_ptr<process> process_;
};

} // namespace monopod::harness
