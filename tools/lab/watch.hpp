// Streams through a group that others run, measured for whoever breaks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace monopod::lab {

struct watch_options {
  std::string servers; // of all nodes, with commas between
  std::string mqtt_host = "127.0.0.1";
  std::uint16_t mqtt_port = 1883;
  std::size_t cameras = 4;
  double fps = 10;
  int width = 768;
  int height = 576;
  std::string app = "emulator"; // owes a result of every frame
};

/// Streams until standard input ends. A line "begin" starts a measurement; "results N" answers when
/// N more results have come, or none does within a minute: {"came": N}; "end" waits until all
/// streams go on, at most 30 s, and answers with one line: a JSON object of the outage since
/// "begin", what was lost and what came twice, and the latency. The first line of the output is
/// {"ready": true}. The exit code: 1 where anything was lost, came twice after key, or does not
/// flow.
int watch(const watch_options& o);

} // namespace monopod::lab
