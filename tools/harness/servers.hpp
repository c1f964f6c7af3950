// The real servers that benchmarks and end-to-end tests run: a private mosquitto, and pods.
#pragma once

#include "programs/http.hpp"
#include "tools/harness/process.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod::harness {

/// Asks 127.0.0.1 through ask_http().
http_answer http(std::uint16_t port, const std::string& path, const std::string& method = "GET");

/// A private mosquitto on a free port of 127.0.0.1, without persistence; ready when constructed.
class mqtt_broker {
public:
  /// Port 0 means a free one. `more` has further lines of mosquitto.conf. `host` is where it runs,
  /// as in `process`, with the same files.
  explicit mqtt_broker(std::uint16_t port = 0, const std::string& more = {},
                       const std::vector<std::string>& host = {});
  std::uint16_t port() const { return port_; }
  pid_t pid() const { return process_->pid(); }
  process& child() { return *process_; }
  std::string log() const { return read_file(directory_.path() / "log"); }

private:
  temporary_directory directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<process> process_;
};

/// The flags that give a pod an emulator for all cameras.
const std::vector<std::string>& emulated();

/// A `monopod run` on ports that the system chose; listening when constructed.
class pod_process {
public:
  /// `program` is the path of monopod; `flags` follow the command, `run` or `witness`. Endpoints
  /// default to free ports of 127.0.0.1, and vision to an emulator for all cameras if neither
  /// flags nor their --config file have a vision application.
  pod_process(const std::string& program, std::vector<std::string> flags,
              const std::string& command = "run");

  pid_t pid() const { return process_->pid(); }
  process& child() { return *process_; }
  /// An address of the pod's address file; empty if the file does not have it.
  std::string address(const std::string& key) const;
  std::uint16_t http_port() const;
  /// Body of GET http://.../path; empty unless the answer is 200.
  std::string get(const std::string& path) const;
  /// The value of a series of /metrics, named as there, with its labels; nothing if it is missing.
  std::optional<double> metric(const std::string& series) const;
  bool ready() const { return !get("/readyz").empty(); }
  std::string log() const { return read_file(directory_.path() / "log"); }

private:
  temporary_directory directory_;
  std::unique_ptr<process> process_;
};

} // namespace monopod::harness
