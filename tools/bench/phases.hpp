// The parts of a benchmark run. Each starts the processes that it measures, adds figures, and ends
// them.
#pragma once

#include "core/payload.hpp"
#include "tools/deployment/deployment.hpp"
#include "tools/harness/figures.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace monopod {

struct bench_options {
  std::string bench_program;   // this program
  std::string monopod_program; // `monopod`
  std::string collect_program; // `monopod-collect`
  std::uint64_t samples = 600; // for each latency, at 10 fps
  double throughput_s = 3;     // of each flood
  int throughput_rounds = 5;   // floods of each kind, in turn
  double quiet_s = 20;
  std::size_t frame_bytes = 24'000;
  std::vector<std::string> pod_flags; // further flags of `monopod run`
};

/// The options of the pod that is measured.
deployment_options one_process(const bench_options& o, std::uint16_t mqtt_port);

/// Prints a line of progress.
void say(const std::string& text);

/// Bytes that can be neither compressed nor decoded; the emulator does not look at them.
payload make_picture(std::size_t bytes);

/// Compares latencies at 10 frames a second, interleaved within each period: a raw TCP hop, a
/// ZeroMQ hop, the pod, and the pod split over four processes by ipc and tcp. Measures the pod's
/// CPU and memory meanwhile.
void measure_latency(const bench_options& o, std::vector<harness::figure>& out);

/// Measures the pod's CPU without any camera.
void measure_quiet(const bench_options& o, std::vector<harness::figure>& out);

/// Measures latency, CPU and memory with 1, 16 and 64 cameras at 10 frames a second.
void measure_cameras(const bench_options& o, std::vector<harness::figure>& out);

/// Compares, at 10 frames a second and interleaved, the pod with its ledger in memory, the same on
/// disk, and one fsync of that disk.
void measure_disk(const bench_options& o, std::vector<harness::figure>& out);

/// Compares one flooding camera through the whole pipeline with bare ZeroMQ push/pull, in turn.
void measure_throughput(const bench_options& o, std::vector<harness::figure>& out);

} // namespace monopod
