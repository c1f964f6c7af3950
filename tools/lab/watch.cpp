#include "tools/lab/watch.hpp"

#include "tools/lab/streams.hpp"
#include "tools/lab/waiting.hpp"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <iostream>
#include <optional>
#include <poll.h>
#include <unistd.h>

namespace monopod::lab {

namespace {

// The next line of standard input; nothing at its end. std::runtime_error where a signal came.
std::optional<std::string> next_line() {
  static std::string waiting;
  for (;;) {
    if (const auto end = waiting.find('\n'); end != std::string::npos) {
      auto line = waiting.substr(0, end);
      waiting.erase(0, end + 1);
      return line;
    }
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, 50) > 0) {
      std::array<char, 256> buffer;
      const auto got = read(STDIN_FILENO, buffer.data(), buffer.size());
      if (got <= 0)
        return std::nullopt;
      waiting.append(buffer.data(), static_cast<std::size_t>(got));
    }
    rest(1);
  }
}

// Whether all is well.
bool answer(streams& s) {
  const bool flows = s.flow(true, std::chrono::seconds(30));
  const auto o = s.pauses();
  const auto d = s.judge();
  const auto latency_ms = s.take_publish_ms();
  std::cout << fmt::format(R"({{"flows": {}, "outage_ms": {:.3f}, "camera_ms": {:.3f}, )"
                           R"("consumer_ms": {:.3f}, "acked_lost": {}, "results_lost": {}, )"
                           R"("twice_on_wire": {}, "twice_after_key": {}, "results": {}, )"
                           R"("publish_ms_p50": {:.4f}, "publish_ms_p99": {:.4f}}})",
                           flows, o.largest_ms(), o.camera_ms, o.consumer_ms, d.acked_lost,
                           d.results_lost, d.twice_on_wire, d.twice_after_key, latency_ms.count(),
                           latency_ms.percentile(50), latency_ms.percentile(99))
            << std::endl;
  return flows && d.acked_lost + d.results_lost + d.twice_after_key == 0;
}

} // namespace

int watch(const watch_options& o) {
  auto cameras = alike("watch", o.cameras, o.fps);
  for (auto& c : cameras) {
    c.width = o.width;
    c.height = o.height;
  }
  streams s({.servers = o.servers,
             .cloud = {.host = o.mqtt_host, .port = o.mqtt_port, .apps = {o.app}},
             .cameras = cameras,
             .prepare_cameras = {}});
  s.start_cameras();
  if (!s.flow(true, std::chrono::seconds(60)))
    throw std::runtime_error("no frames flow through " + o.servers + " to " + o.mqtt_host +
                             ": is a node primary, and is its cloud that broker?");
  s.judge();
  std::cout << R"({"ready": true})" << std::endl;
  bool well = true;
  while (const auto line = next_line()) {
    if (*line == "begin") {
      s.reset_pauses();
      s.take_publish_ms();
    } else if (*line == "end") {
      well = answer(s) && well;
    } else {
      std::cerr << "monopod-lab watch: say begin or end\n";
    }
  }
  return well ? 0 : 1;
}

} // namespace monopod::lab
