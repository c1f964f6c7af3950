#include "tools/experiment/monopod_system.hpp"

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

} // namespace

std::unique_ptr<pipeline_system> start_monopod(const surroundings& s, const pipeline_split& at,
                                               const std::string& transport) {
  return std::make_unique<monopod_system>(s.bin + "/monopod-camera",
                                          deployment_options{.program = s.bin + "/monopod",
                                                             .mqtt_host = s.mqtt_host,
                                                             .mqtt_port = s.mqtt_port,
                                                             .at = at,
                                                             .transport = transport,
                                                             .flags = {},
                                                             .net = s.net,
                                                             .services = s.services});
}

} // namespace monopod::experiment
