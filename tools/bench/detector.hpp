// A detector at work: how good its results are where they arrive, and what the way costs beside it.
#pragma once

#include "tools/harness/figures.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod {

struct detector_bench_options {
  std::string bin;               // folder of the programs
  std::string video;             // file that one camera streams once
  std::string truth;             // its ground truth, see precision.hpp; empty: none
  std::vector<std::string> ways; // some of `plugin`, `process`, `failover`, `crowd`
  double width = 768;            // of the pictures that the truth is about, in pixels
  double height = 576;
  std::uint64_t frames = 0;          // of the video; 0: all
  double fps = 10;                   // of the camera
  double confidence = 0.05;          // least one of a detection
  std::vector<std::string> detector; // further flags of monopod-detect
};

/// The ways by which a detector may get its frames, in the order of measurement:
///  - plugin: in the node;
///  - process: monopod-detect beside it, by ipc;
///  - failover: the same at a group of three, whose primary is killed in the middle of the video;
///  - crowd: monopod-detect with policy `latest` at 16 drawn cameras, beside another application.
/// Throws std::runtime_error if something does not start.
void measure_detector(const detector_bench_options& o, std::vector<harness::figure>& out);

} // namespace monopod
