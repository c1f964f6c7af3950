// Carriers of frames from cameras to an application: Monopod, and the usual alternatives.
#pragma once

#include "core/payload.hpp"
#include "tools/harness/process.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod::experiment {

/// The head of each frame's body. All carriers get the same bytes, on one machine.
struct frame_head {
  std::uint64_t stamp_ns = 0; // realtime_ns() just before it is sent
  std::uint64_t camera = 0;   // from 0
  std::uint64_t number = 0;   // from 0
};

/// A body of `bytes` bytes, or as many as the head has if that is more. It begins with the head.
payload make_body(const frame_head& head, std::uint64_t bytes);

/// The cameras, each with a connection of its own, as real ones have. Used on one thread.
class frame_sender {
public:
  frame_sender() = default;
  virtual ~frame_sender() = default;
  frame_sender(const frame_sender&) = delete;
  frame_sender& operator=(const frame_sender&) = delete;

  /// Throws std::runtime_error if the carrier does not take the frame.
  virtual void send(std::size_t camera, const payload& body) = 0;
  /// Takes messages that have arrived for the camera, if any.
  virtual void look_after(std::size_t /*camera*/) {}
};

/// A server between cameras and application, ready when constructed; std::runtime_error if it does
/// not start.
class carrier_server {
public:
  carrier_server() = default;
  virtual ~carrier_server() = default;
  carrier_server(const carrier_server&) = delete;
  carrier_server& operator=(const carrier_server&) = delete;

  /// The addresses where cameras and the application connect.
  virtual std::string camera_address() const = 0;
  virtual std::string app_address() const = 0;
  virtual std::vector<harness::named_process> parts() const = 0;
};

/// How cameras and an application use a carrier. The addresses are those of carrier_server.
struct clients {
  std::string name;
  std::string meaning;
  /// Connected on return; throws std::runtime_error if that fails.
  std::function<std::unique_ptr<frame_sender>(const std::string& address, std::size_t cameras)>
      cameras;
  /// An application that gets the frames of all cameras. It calls `subscribed` when frames sent
  /// from then on will arrive, and `take` with each body, one at a time. It returns when `take`
  /// says that this was the last one, or when nothing has arrived for ten seconds.
  std::function<void(const std::string& address, std::size_t cameras,
                     const std::function<void()>& subscribed,
                     const std::function<bool(const void*, std::size_t)>& take)>
      receive;
};

struct carrier : clients {
  std::function<std::unique_ptr<carrier_server>(const std::string& bin)> start;
};

carrier monopod_carrier();
/// Passes results on to a broker, which no other carrier does.
carrier monopod_to_cloud_carrier();
/// For an application that is slower than the cameras: it gets every frame, or the latest of each
/// camera.
carrier monopod_every_carrier();
carrier monopod_latest_carrier();
carrier nats_carrier();
/// `qos` is MQTT's: 0 or 1.
carrier mqtt_carrier(int qos);
carrier redis_carrier();

/// The carriers for an application that keeps up with the cameras, and those for one that does
/// not; Monopod comes first.
const std::vector<carrier>& all_carriers();
const std::vector<carrier>& carriers_for_slow();

} // namespace monopod::experiment
