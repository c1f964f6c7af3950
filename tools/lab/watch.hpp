// Streams through a group that others run and break, and measures the effects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace monopod::lab {

struct watch_options {
  std::string servers; // of all nodes, separated by commas
  std::string mqtt_host = "127.0.0.1";
  std::uint16_t mqtt_port = 1883;
  std::size_t cameras = 4;
  double fps = 10;
  int width = 768;
  int height = 576;
  std::string app = "emulator"; // owes a result of every frame
};

/// Streams until standard input ends. The first line of the output is {"ready": true}. A line
/// "begin" starts a measurement. "results N" is answered by {"came": N} when N more results have
/// arrived, or none arrives within a minute. "end" waits until all streams go on, at most 30 s,
/// and is answered by one line: a JSON object with the outage since "begin", the numbers of lost
/// and doubled results, and the latency. Returns the exit code: 1 if anything was lost, was kept
/// twice in spite of its key, or does not flow.
int watch(const watch_options& o);

} // namespace monopod::lab
