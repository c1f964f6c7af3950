// The control as end-to-end tests run it: gateway and vision application around a real nats-server
// and a real broker.
#pragma once

#include "tests/e2e/kit.hpp"
#include "tools/harness/relay.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace monopod::harness {

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::size_t lines(const std::filesystem::path& file) {
  const auto text = read_file(file);
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

inline std::string local_address(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

/// A nats-server that keeps its port when it is started again. The first one may still be starting
/// when it is constructed.
class restarted_nats {
public:
  restarted_nats() { start(); }
  void start() {
    process_ =
        std::make_unique<process>(std::vector<std::string>{"nats-server", "--addr", "127.0.0.1",
                                                           "--port", std::to_string(port_)},
                                  "/dev/null");
  }
  void stop() { process_->terminate(); }
  std::string url() const { return "nats://" + local_address(port_); }

private:
  std::uint16_t port_ = free_port();
  std::unique_ptr<process> process_;
};

/// A monopod-control with its log; ready when constructed.
class control_process {
public:
  explicit control_process(const std::vector<std::string>& flags)
      : process_(std::vector<std::string>{program("control")} + flags, directory_.path() / "log") {
    const bool told = eventually([this] { return holds(log(), "ready") || exit_code(); });
    if (const auto code = exit_code())
      throw std::runtime_error("monopod-control ended with " + std::to_string(*code) + ": " +
                               log());
    if (!told)
      throw std::runtime_error("monopod-control does not get ready: " + log());
  }
  process& child() { return process_; }
  std::string log() const { return read_file(directory_.path() / "log"); }

private:
  std::optional<int> exit_code() { return process_.wait(std::chrono::milliseconds(0)); }
  temporary_directory directory_;
  process process_;
};

/// All of the control but its cameras. With a delay, confirmations and results pass a relay between
/// gateway and broker, which delays them by that time each way.
struct control {
  explicit control(const std::vector<std::string>& gateway_flags = {},
                   const std::vector<std::string>& more_vision_flags = {},
                   std::uint32_t cloud_delay_ms = 0)
      : way(cloud_delay_ms == 0
                ? nullptr
                : std::make_unique<relay>(relay_options{.target = local_address(broker.port()),
                                                        .there_ms = cloud_delay_ms,
                                                        .back_ms = cloud_delay_ms})),
        gateway(std::vector<std::string>{
                    "gateway", "--listen", address(), "--nats", nats.url(), "--cloud",
                    local_address(way == nullptr ? broker.port() : way->port()), "--metrics",
                    local_address(metrics)} +
                gateway_flags),
        vision(std::make_unique<control_process>(vision_flags() + more_vision_flags)) {}

  std::string address() const { return local_address(port); }
  std::vector<std::string> vision_flags() const {
    return {"vision", "--gateway", address(), "--camera", "cam-1", "--camera", "cam-2"};
  }
  std::vector<std::string> camera_flags(int fps) const {
    return {program("control"), "camera", "--gateway", address(),
            "--cameras",        "2",      "--fps",     std::to_string(fps),
            "--width",          "320",    "--height",  "240",
            "--average-bytes",  "8000",   "--json",    "--quiet"};
  }
  /// One camera, which sends until it is stopped, unless it is told how many frames.
  std::vector<std::string> one_camera(const std::string& name, int fps, int frames = 0,
                                      int bytes = 8000) const {
    return {program("control"),
            "camera",
            "--gateway",
            address(),
            "--name",
            name,
            "--fps",
            std::to_string(fps),
            "--frames",
            std::to_string(frames),
            "--width",
            "640",
            "--height",
            "480",
            "--average-bytes",
            std::to_string(bytes),
            "--drain-s",
            "5",
            "--json",
            "--quiet"};
  }
  /// A metric of the gateway is told with this value.
  bool tells(const std::string& name, int value) const {
    return holds(http(metrics, "/metrics").body, "\n" + name + " " + std::to_string(value) + "\n");
  }
  bool healthy() const { return run({program("control"), "health", address()}).exit_code == 0; }

  mqtt_broker broker;
  restarted_nats nats;
  std::uint16_t port = free_port();
  std::uint16_t metrics = free_port();
  std::unique_ptr<relay> way;
  control_process gateway;
  std::unique_ptr<control_process> vision;
};

} // namespace monopod::harness
