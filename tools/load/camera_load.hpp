// Cameras that publish real pictures at a steady rate, with an account of the acknowledged frames.
#pragma once

#include "clients/camera_window.hpp"
#include "core/payload.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace monopod {

/// A camera may rely on this: its frames are numbered from 1 to `taken`, and the first
/// `acknowledged` of them are acknowledged. `refused` is 0 if nothing is wrong, and so is `lost`,
/// except with broker.ack = accepted.
struct camera_account : camera_window::counts {
  std::string camera;
  std::uint64_t stream = 0;
  std::uint64_t blocked = 0;    // pictures that the full window did not take; they have no number
  double round_trip_max_ms = 0; // from publication to acknowledgement; known at the end
};

/// One camera. A picture of the default size has some 2 kB, one of 768 by 576 pixels some 24 kB.
struct load_camera {
  std::string name;
  double fps = 10;
  int width = 160; // pixels
  int height = 120;
};

/// Cameras named NAME-1, NAME-2 and so on, otherwise alike.
std::vector<load_camera> alike(const std::string& name, std::size_t count, double fps);

struct load_options {
  std::string endpoint; // of the gateway, or of all replicas of a group, separated by commas
  std::vector<load_camera> cameras = alike("cam", 1, 10);
  std::size_t window = 1024; // frames of each camera; a full window takes no picture
  // Called first on the load's thread, for example to enter a network namespace.
  std::function<void()> prepare = {};
  // Called on the load's thread: frames of the camera with this index were just acknowledged.
  std::function<void(std::size_t camera)> on_acknowledged = {};
  // Called there for each frame, with the time from its publication to its acknowledgement.
  std::function<void(double ms)> on_round_trip = {};
};

/// Runs from the constructor to stop(), on a thread of its own. The cameras' frames are spread
/// over the period.
class camera_load {
public:
  explicit camera_load(const load_options& o);
  ~camera_load();
  camera_load(const camera_load&) = delete;
  camera_load& operator=(const camera_load&) = delete;

  /// The number of frames acknowledged so far, of all cameras.
  std::uint64_t acknowledged() const;
  std::uint64_t taken() const;
  /// Where each camera stands now.
  std::vector<camera_account> accounts() const;

  /// Stops publishing, waits up to `timeout_s` for acknowledgements, and returns the accounts.
  /// Call it once.
  std::vector<camera_account> stop(double timeout_s = 30);

private:
  struct streaming;
  void run(const load_options& o);
  void look(const load_options& o, std::vector<streaming>& cameras);

  std::atomic<bool> stopping_ = false;
  std::atomic<double> patience_s_ = 0;
  mutable std::mutex mutex_;
  std::vector<camera_account> accounts_; // under the mutex
  std::thread thread_;
};

/// A few pictures of a street with walking figures, as JPEG.
std::vector<payload> street_pictures(int width, int height);

} // namespace monopod
