// Cameras for measurements: each has a connection of its own, as real ones have.
#pragma once

#include "clients/camera_client.hpp"
#include "core/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

constexpr std::uint64_t frame_period_ns = 100 * ns_per_ms;

/// N cameras that share one picture. Single-threaded.
class fleet {
public:
  /// Connects and waits until all are welcome; throws std::runtime_error if that takes longer than
  /// ten seconds.
  fleet(const std::string& endpoint, const std::string& name, std::size_t cameras, payload picture,
        const window_options& window = {.frames = 256});

  /// Each camera sends `frames` frames, one every 100 ms; the cameras are spread over the period.
  void stream(std::uint64_t frames);

  /// The first camera sends as fast as it may for `seconds`. Returns how many frames were
  /// acknowledged a second.
  double flood(double seconds);

  /// Publishes the camera's next frame now. std::runtime_error if its window is full and blocks.
  void publish(std::size_t camera) { publish(camera, picture_); }
  void publish(std::size_t camera, const payload& body);
  /// Takes acknowledgements.
  void poll(std::size_t camera);
  /// Takes acknowledgements until the clock (boottime_ns) says `until_ns`.
  void wait(std::size_t camera, std::uint64_t until_ns);
  /// Waits until every frame is acknowledged; throws std::runtime_error if that takes longer than
  /// ten seconds.
  void settle();

private:
  std::vector<std::unique_ptr<camera_connection>> connections_;
  std::vector<camera*> cameras_;
  payload picture_;
};

/// Sleeps until boottime_ns() says `due_ns`.
void sleep_until(std::uint64_t due_ns);

} // namespace monopod
