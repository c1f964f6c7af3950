// What carries frames from cameras to an application: Monopod, and what people would take instead.
#pragma once

#include "core/payload.hpp"
#include "tools/harness/process.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod::experiment {

/// Begins each frame's body; the same bytes for all carriers, of one machine.
struct frame_head {
  std::uint64_t stamp_ns = 0; // realtime_ns() just before it is sent
  std::uint64_t camera = 0;   // from 0
  std::uint64_t number = 0;   // from 0
};

/// A body of so many bytes, the head's at least, which it begins with.
payload make_body(const frame_head& head, std::uint64_t bytes);

/// The cameras, each with a connection of its own, as real ones have. Used on one thread.
class frame_sender {
public:
  frame_sender() = default;
  virtual ~frame_sender() = default;
  frame_sender(const frame_sender&) = delete;
  frame_sender& operator=(const frame_sender&) = delete;

  /// std::runtime_error where it does not take the frame.
  virtual void send(std::size_t camera, const payload& body) = 0;
  /// Takes what the camera was told since, if anything.
  virtual void look_after(std::size_t /*camera*/) {}
};

/// A server between them, ready when constructed; std::runtime_error where it does not start.
class carrier_server {
public:
  carrier_server() = default;
  virtual ~carrier_server() = default;
  carrier_server(const carrier_server&) = delete;
  carrier_server& operator=(const carrier_server&) = delete;

  /// Where cameras connect, and where the application does.
  virtual std::string camera_address() const = 0;
  virtual std::string app_address() const = 0;
  virtual std::vector<harness::named_process> parts() const = 0;
};

/// How cameras and an application use it. Addresses are those of carrier_server.
struct clients {
  std::string name;
  std::string meaning;
  /// Connected on return; std::runtime_error where that fails.
  std::function<std::unique_ptr<frame_sender>(const std::string& address, std::size_t cameras)>
      cameras;
  /// An application that gets the frames of all cameras. `subscribed` is called when frames that
  /// are sent from then on come; `take` with each body, one at a time, until it says that this was
  /// the last, or nothing has come for ten seconds.
  std::function<void(const std::string& address, std::size_t cameras,
                     const std::function<void()>& subscribed,
                     const std::function<bool(const void*, std::size_t)>& take)>
      receive;
};

struct carrier : clients {
  std::function<std::unique_ptr<carrier_server>(const std::string& bin)> start;
};

carrier monopod_carrier();
/// Results go on to a broker, as no other carrier's do.
carrier monopod_to_cloud_carrier();
/// For an application that is slower than the cameras: with every frame, or the latest of each.
carrier monopod_every_carrier();
carrier monopod_latest_carrier();
carrier nats_carrier();
/// `qos` as in MQTT: 0 or 1.
carrier mqtt_carrier(int qos);
carrier redis_carrier();

/// For an application that keeps up with the cameras, and for one that does not; Monopod first.
const std::vector<carrier>& all_carriers();
const std::vector<carrier>& carriers_for_slow();

} // namespace monopod::experiment
