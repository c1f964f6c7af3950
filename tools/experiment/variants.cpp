#include "tools/experiment/variants.hpp"

#include "tools/experiment/control_system.hpp"

#include <spdlog/fmt/fmt.h>

namespace monopod::experiment {

std::vector<variant> two_variants() {
  return {{"monopod", "one process", [](const surroundings& s) { return start_monopod(s); }},
          {"control", "gateway, vision and NATS, by gRPC",
           [](const surroundings& s) { return start_control(s); }}};
}

std::vector<variant> bare_variants() {
  auto all = two_variants();
  all.push_back({"control-vei", "the same with VEI's JSON and base64 through NATS",
                 [](const surroundings& s) { return start_control(s, {.vei_encoding = true}); }});
  return all;
}

const std::vector<rung>& ladder() {
  static const std::vector<rung> all{
      {"none", {}},
      {"result", {.results = true}},
      {"frame", {.frames = true}},
      {"frame-result", {.frames = true, .results = true}},
      {"vision", {.apps = true}},
      {"frame-vision", {.frames = true, .apps = true}},
      {"all", {.frames = true, .apps = true, .results = true}},
  };
  return all;
}

const std::vector<transport>& transports() {
  static const std::vector<transport> all{
      {"ipc", "hops", "ipc", medium::loopback},
      {"tcp", "hops", "tcp", medium::loopback},
      {"libzmq-ipc", "hops", "libzmq+ipc", medium::loopback},
      {"libzmq-tcp", "hops", "libzmq+tcp", medium::loopback},
      {"bridge", "networks", "tcp", medium::bridge},
      {"vxlan", "networks", "tcp", medium::vxlan},
      {"service", "networks", "tcp", medium::service},
  };
  return all;
}

std::vector<variant> ladder_variants(const std::string& experiment) {
  std::vector<variant> all;
  for (const auto& t : transports()) {
    if (t.experiment == experiment && t.link == "tcp")
      all.push_back({t.name + "-control",
                     fmt::format("the control, its three processes linked by {}", t.name),
                     [](const surroundings& s) { return start_control(s); }, t.by});
    for (const auto& r : ladder())
      if (t.experiment == experiment)
        all.push_back({t.name + "-" + r.name,
                       fmt::format("{} hops of a frame, {} of a result, by {}", r.at.frame_hops(),
                                   r.at.result_hops(), t.name),
                       [link = t.link, at = r.at](const surroundings& s) {
                         return start_monopod(s, at, link);
                       },
                       t.by});
  }
  return all;
}

std::vector<variant> detector_variants() {
  const auto at = [](detector_place where) {
    return [where](const surroundings& s) { return start_with_detector(s, where); };
  };
  return {{"plugin", "in the node, on a thread of its own", at(detector_place::plugin)},
          {"ipc", "in a process beside it, by ipc", at(detector_place::ipc)},
          {"tcp", "in a process beside it, by tcp", at(detector_place::tcp)}};
}

} // namespace monopod::experiment
