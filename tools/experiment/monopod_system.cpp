#include "tools/experiment/monopod_system.hpp"

#include <spdlog/fmt/fmt.h>

namespace monopod::experiment {

namespace {

class monopod_system final : public pipeline_system {
public:
  monopod_system(std::string camera_program, const deployment_options& o)
      : camera_program_(std::move(camera_program)), pods_(o) {}

  std::vector<std::string> camera() const override {
    return {camera_program_, "--name", camera_name, "--server", pods_.camera_endpoint()};
  }
  std::vector<harness::named_process> parts() const override { return pods_.parts(); }

private:
  std::string camera_program_;
  deployment pods_;
};

// Without these flags, a pod has one emulator.
std::vector<std::string> emulators(std::size_t apps) {
  std::vector<std::string> flags;
  for (std::size_t n = 1; apps > 1 && n <= apps; ++n)
    flags.insert(flags.end(), {fmt::format("--vision.{}-{}.cameras", app_name, n), "*"});
  return flags;
}

} // namespace

std::unique_ptr<pipeline_system> start_monopod(const surroundings& s, const pipeline_split& at,
                                               const std::string& transport) {
  return std::make_unique<monopod_system>(s.bin + "/monopod-camera",
                                          deployment_options{.program = s.bin + "/monopod",
                                                             .mqtt_host = s.mqtt_host,
                                                             .mqtt_port = s.mqtt_port,
                                                             .at = at,
                                                             .transport = transport,
                                                             .flags = emulators(s.apps),
                                                             .net = s.net,
                                                             .services = s.services});
}

} // namespace monopod::experiment
