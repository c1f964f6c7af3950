#include "tools/lab/watch.hpp"

#include "programs/report_json.hpp"
#include "tools/lab/streams.hpp"
#include "tools/lab/waiting.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <poll.h>
#include <sstream>
#include <unistd.h>

namespace monopod::lab {

namespace {

class input_lines {
public:
  /// The next line of standard input; nothing at its end. std::runtime_error if a signal arrived.
  std::optional<std::string> next() {
    for (;;) {
      if (const auto end = waiting_.find('\n'); end != std::string::npos) {
        auto line = waiting_.substr(0, end);
        waiting_.erase(0, end + 1);
        return line;
      }
      if (!more())
        return std::nullopt;
    }
  }

private:
  bool more() {
    constexpr int signal_ms = 50; // until a signal is noticed, at most
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (poll(&input, 1, signal_ms) <= 0)
      end_on_signal();
    std::array<char, 256> buffer;
    const auto got = read(STDIN_FILENO, buffer.data(), buffer.size());
    waiting_.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return got > 0 && waiting_.size() < most_bytes;
  }

  static constexpr std::size_t most_bytes = 4096; // of lines that wait; no command is that long
  std::string waiting_;
};

void say(const nlohmann::ordered_json& answer) { std::cout << answer.dump() << std::endl; }

// Answers "end"; false unless all is well.
bool answer(streams& s) {
  const bool flows = s.flow(true, std::chrono::seconds(30));
  const auto o = s.pauses();
  const auto d = s.judge();
  const auto latency_ms = s.take_publish_ms();
  say({{"flows", flows},
       {"outage_ms", rounded(o.largest_ms(), 3)},
       {"camera_ms", rounded(o.camera_ms, 3)},
       {"consumer_ms", rounded(o.consumer_ms, 3)},
       {"acked_lost", d.acked_lost},
       {"results_lost", d.results_lost},
       {"twice_on_wire", d.twice_on_wire},
       {"twice_after_key", d.twice_after_key},
       {"results", latency_ms.count()},
       {"publish_ms_p50", rounded(latency_ms.percentile(50), 4)},
       {"publish_ms_p99", rounded(latency_ms.percentile(99), 4)}});
  return flows && d.acked_lost + d.results_lost + d.twice_after_key == 0;
}

// Waits until `count` more results have arrived, for as long as any arrive within a minute.
void await_results(streams& s, std::uint64_t count) {
  const auto wanted = s.results() + count;
  auto before = s.results();
  while (before < wanted && waits([&] { return s.results() > before; }, std::chrono::minutes(1)))
    before = s.results();
  say({{"came", count - (wanted - std::min(wanted, before))}});
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
  say({{"ready", true}});
  bool well = true;
  input_lines lines;
  while (const auto line = lines.next()) {
    std::istringstream words(*line);
    std::string word;
    std::uint64_t count = 0;
    words >> word;
    if (word == "begin") {
      s.reset_pauses();
      s.take_publish_ms();
    } else if (word == "end") {
      well = answer(s) && well;
    } else if (word == "results" && words >> count) {
      await_results(s, count);
    } else {
      std::cerr << "monopod-lab watch: say begin, results COUNT, or end\n";
    }
  }
  return well ? 0 : 1;
}

} // namespace monopod::lab
