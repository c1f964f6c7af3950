// Cameras that publish real pictures at a steady rate, with an account of what was acknowledged.
#pragma once

#include "core/payload.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace monopod::fault {

/// What a camera may rely on at the end.
struct camera_account {
  std::string camera;
  std::uint64_t stream = 0;
  std::uint64_t taken = 0;        // frames numbered 1 to this
  std::uint64_t acknowledged = 0; // of them, from the first one
  std::uint64_t refused = 0;      // for good; 0 in every case
  std::uint64_t blocked = 0;      // pictures that the full window did not take: not numbered
  std::uint64_t resent = 0;
  std::uint64_t lost = 0; // of the acknowledged, told afterwards; 0 but with broker.ack = accepted
  double round_trip_max_ms = 0; // a frame's way to its acknowledgement
};

struct load_options {
  std::string endpoint;
  std::string name = "cam"; // cam-1, cam-2 and so on
  std::size_t cameras = 1;
  double fps = 10;           // of each, spread over the period
  std::size_t window = 1024; // frames; full: the picture is not taken
};

/// Runs from the constructor to stop() on a thread of its own.
class camera_load {
public:
  explicit camera_load(const load_options& o);
  ~camera_load();
  camera_load(const camera_load&) = delete;
  camera_load& operator=(const camera_load&) = delete;

  /// Frames acknowledged so far, of all cameras.
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t taken() const { return taken_; }

  /// Publishes nothing more, waits up to `timeout_s` for the acknowledgements, and tells. Once.
  std::vector<camera_account> stop(double timeout_s = 30);

private:
  void run(const load_options& o);

  std::atomic<bool> stopping_ = false;
  std::atomic<double> patience_s_ = 0;
  std::atomic<std::uint64_t> acknowledged_ = 0;
  std::atomic<std::uint64_t> taken_ = 0;
  std::vector<camera_account> accounts_; // the thread's until it has ended
  std::thread thread_;
};

/// Small pictures of a street with walking figures, as JPEG.
const std::vector<payload>& pictures();

} // namespace monopod::fault
