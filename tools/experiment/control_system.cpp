#include "tools/experiment/control_system.hpp"

#include "tools/harness/nats_server.hpp"
#include "tools/harness/process.hpp"

#include <spdlog/fmt/fmt.h>

#include <stdexcept>

namespace monopod::experiment {

namespace {

class control_system final : public pipeline_system {
public:
  control_system(const surroundings& s, bool vei_encoding);

  std::vector<std::string> camera() const override {
    return {program_, "camera", "--name", camera_name, "--gateway", gateway_address_};
  }
  std::vector<harness::named_process> parts() const override {
    std::vector<harness::named_process> all{{"nats", nats_.pid()}, {"gateway", gateway_->pid()}};
    for (const auto& v : vision_)
      all.push_back({"vision", v->pid()});
    return all;
  }

private:
  std::unique_ptr<harness::process> start(const std::string& what,
                                          const std::vector<std::string>& arguments);

  std::string program_;
  harness::temporary_directory directory_; // of logs
  harness::nats_server nats_;
  std::string gateway_address_;
  std::unique_ptr<harness::process> gateway_;
  std::vector<std::unique_ptr<harness::process>> vision_; // of each application
};

control_system::control_system(const surroundings& s, bool vei_encoding)
    : program_(s.bin + "/monopod-control"),
      gateway_address_(fmt::format("127.0.0.1:{}", harness::free_port())) {
  std::vector<std::string> gateway{
      program_, "gateway",   "--listen", gateway_address_,
      "--nats", nats_.url(), "--cloud",  fmt::format("{}:{}", s.mqtt_host, s.mqtt_port)};
  if (vei_encoding)
    gateway.emplace_back("--vei-encoding");
  gateway_ = start("gateway", gateway);
  std::vector<std::string> vision{program_, "vision", "--gateway", gateway_address_};
  for (std::size_t n = 1; n <= s.cameras; ++n)
    vision.insert(
        vision.end(),
        {"--camera", s.cameras == 1 ? camera_name : fmt::format("{}-{}", camera_name, n)});
  for (std::size_t n = 1; n <= s.apps; ++n) {
    auto one = vision;
    if (s.apps > 1)
      one.insert(one.end(), {"--app", fmt::format("{}-{}", app_name, n)});
    vision_.push_back(start(fmt::format("vision-{}", n), one));
  }
}

// Each says in its log when it is ready.
std::unique_ptr<harness::process> control_system::start(const std::string& what,
                                                        const std::vector<std::string>& arguments) {
  const auto log = directory_.path() / what;
  auto started = std::make_unique<harness::process>(arguments, log);
  const auto ready = [&] { return harness::read_file(log).find("ready") != std::string::npos; };
  const auto ended = [&] { return started->wait(std::chrono::milliseconds(0)).has_value(); };
  if (!harness::eventually([&] { return ready() || ended(); }) || ended())
    throw std::runtime_error("monopod-control " + what +
                             " does not start: " + harness::read_file(log));
  return started;
}

} // namespace

std::unique_ptr<pipeline_system> start_control(const surroundings& s, bool vei_encoding) {
  return std::make_unique<control_system>(s, vei_encoding);
}

} // namespace monopod::experiment
