#include "tools/experiment/monopod_system.hpp"

#include "tools/harness/relay.hpp"

#include <spdlog/fmt/fmt.h>

#include <optional>
#include <stdexcept>
#include <string_view>

namespace monopod::experiment {

namespace {

class monopod_system final : public pipeline_system {
public:
  monopod_system(std::string camera_program, const deployment_options& o,
                 const std::shared_ptr<harness::shared_link>& link)
      : camera_program_(std::move(camera_program)), pods_(o) {
    if (link)
      relay_.emplace(harness::relay_options{.target = pods_.camera_endpoint().substr(tcp.size()),
                                            .link = link});
  }

  std::vector<std::string> camera(const std::string& name) const override {
    return {camera_program_, "--name", name, "--server",
            relay_ ? fmt::format("{}127.0.0.1:{}", tcp, relay_->port()) : pods_.camera_endpoint()};
  }
  std::vector<harness::named_process> parts() const override { return pods_.parts(); }

private:
  static constexpr std::string_view tcp = "tcp://";

  std::string camera_program_;
  deployment pods_;
  std::optional<harness::relay> relay_; // before the cameras' endpoint
};

class detector_system final : public pipeline_system {
public:
  detector_system(const surroundings& s, detector_place where)
      : camera_program_(s.bin + "/monopod-camera"),
        pod_(s.bin + "/monopod", flags_of(s, where, apps_endpoint(where))) {
    if (!harness::eventually([this] { return pod_.ready(); }))
      throw std::runtime_error("the pod does not become ready: " + pod_.log());
    if (where != detector_place::plugin)
      detector_.emplace(std::vector<std::string>{s.bin + "/monopod-detect", "--server",
                                                 pod_.address("applications"), "--policy", "every",
                                                 "--quiet"},
                        directory_.path() / "detector");
    if (!harness::eventually(
            [this] { return pod_.get("/api/v1/status").find("\"detect\"") != std::string::npos; }))
      throw std::runtime_error("the detector does not attach: " +
                               harness::read_file(directory_.path() / "detector"));
  }

  std::vector<std::string> camera(const std::string& name) const override {
    return {camera_program_, "--name", name, "--server", pod_.address("cameras")};
  }
  std::vector<harness::named_process> parts() const override {
    std::vector<harness::named_process> all{{"pod", pod_.pid()}};
    if (detector_)
      all.push_back({"detector", detector_->pid()});
    return all;
  }

private:
  std::string apps_endpoint(detector_place where) const {
    return where == detector_place::ipc ? "ipc://" + (directory_.path() / "apps").string()
                                        : "tcp://127.0.0.1:0";
  }
  static std::vector<std::string> flags_of(const surroundings& s, detector_place where,
                                           const std::string& apps) {
    std::vector<std::string> flags{"--broker.listen",    apps,
                                   "--cloud.local.host", s.mqtt_host,
                                   "--cloud.local.port", std::to_string(s.mqtt_port),
                                   "--log.level",        "warn"};
    const std::vector<std::string> vision =
        where == detector_place::plugin
            ? std::vector<std::string>{"--vision.detect.plugin", "monopod-nanodet"}
            : std::vector<std::string>{"--vision.nobody.cameras", "nobody"};
    flags.insert(flags.end(), vision.begin(), vision.end());
    return flags;
  }

  std::string camera_program_;
  harness::temporary_directory directory_; // before the pod, whose socket is in it
  harness::pod_process pod_;
  std::optional<harness::process> detector_;
};

// The flags that give a pod so many emulators.
std::vector<std::string> emulators(std::size_t apps) {
  if (apps <= 1)
    return harness::emulated();
  std::vector<std::string> flags;
  for (std::size_t n = 1; n <= apps; ++n)
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
                                                             .services = s.services},
                                          s.link);
}

std::unique_ptr<pipeline_system> start_with_detector(const surroundings& s, detector_place where) {
  return std::make_unique<detector_system>(s, where);
}

} // namespace monopod::experiment
