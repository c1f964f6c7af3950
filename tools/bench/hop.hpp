// The floors that the pod is measured against: one hop between two processes, by raw TCP and by
// ZeroMQ.
#pragma once

#include "core/payload.hpp"
#include "tools/harness/process.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

/// The message that a hop carries: the same two parts as a camera's frame.
struct hop_message {
  std::vector<std::uint8_t> envelope; // its first 8 bytes become the sender's stamp
  payload body;
};

struct hop_connection;

enum class hop_kind { tcp, zmq };

/// The sending end and a sink process of one hop. Each message is stamped just before it is sent
/// and just after the sink has all of it (CLOCK_REALTIME of one machine).
class hop {
public:
  /// Starts `program sink`; throws std::runtime_error if that fails.
  hop(const std::string& program, hop_kind kind);
  ~hop();

  void send(hop_message& message);

  struct result {
    std::uint64_t messages = 0;
    double seconds = 0;             // first to last arrival
    std::vector<double> latency_us; // of the first messages only, limits::hop_samples
  };
  /// Ends the sink and returns its measurements.
  result finish();

private:
  harness::temporary_directory directory_;
  std::unique_ptr<harness::process> sink_;
  std::unique_ptr<hop_connection> connection_;
};

/// The sink process: prints its port, takes messages until the sender ends, and prints its
/// measurements. Returns the exit code.
int run_sink(hop_kind kind);

} // namespace monopod
