// The camera library: publishes frames to a Monopod gateway and keeps them until they are settled.
//
//   monopod::camera_connection connection({.server = "tcp://127.0.0.1:5570"});
//   auto& camera = connection.open("gate-3");
//   for (;;) {
//     monopod::payload jpeg = ...;
//     camera.publish(jpeg, monopod::realtime_ns(), 768, 576);
//     connection.poll(100);                 // acknowledgements, replays, reconnects
//   }
//   connection.flush(std::chrono::seconds(10));
#pragma once

#include "clients/camera_window.hpp"
#include "clients/primary_choice.hpp"
#include "clients/servers.hpp"
#include "core/limits.hpp"

#include <flatbuffers/flatbuffers.h>

#include <bitset>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

class camera_connection;

/// One camera of a connection. It lives as long as the connection, and is used on its thread.
class camera {
public:
  camera(const camera&) = delete;
  camera& operator=(const camera&) = delete;

  /// Keeps the frame, and sends it at once if credit allows. Stamp `captured_at_ns` just before
  /// this call (realtime_ns()). `body` is shared, not copied, and may be released on any thread.
  /// The result is that of camera_window::push().
  camera_window::push_result publish(payload body, std::uint64_t captured_at_ns,
                                     std::uint16_t width, std::uint16_t height);

  const std::string& name() const { return name_; }
  bool welcomed() const { return window_.welcomed(); }
  /// How many frames are not settled yet.
  std::size_t held() const { return window_.held(); }
  const camera_window::statistics& stats() const { return window_.stats(); }

private:
  friend class camera_connection;
  camera(camera_connection& connection, std::string name, std::uint64_t stream,
         const window_options& options);
  void tick(std::uint64_t now_ns);
  bool say_hello(std::size_t to);
  void greet_all(std::uint64_t now_ns);
  void on_connected(std::size_t server, std::uint64_t now_ns);
  void send_frames(std::uint64_t now_ns);

  camera_connection& connection_;
  std::string name_;
  std::uint64_t session_;
  camera_window window_;
  std::bitset<limits::client_servers> greeted_; // servers to which Hello went on the present
                                                // connection
};

struct connection_options {
  // The ZeroMQ endpoint of the gateway, or those of all replicas of a group, separated by commas:
  // frames go to the primary among them.
  std::string server = "tcp://127.0.0.1:5570";
  std::string client = "monopod-client"; // program and version, for the gateway's log
  window_options window{};
};

/// A connection shared by any number of cameras. It connects in the background, and again by itself
/// however long that takes. Not thread-safe: one thread makes, uses and destroys it. The
/// constructor throws std::runtime_error if an endpoint is not one; nothing else throws.
class camera_connection {
public:
  explicit camera_connection(const connection_options& options);
  camera_connection(const camera_connection&) = delete;
  camera_connection& operator=(const camera_connection&) = delete;

  /// Adds a camera. `name` must be 1 to 64 of [A-Za-z0-9._-], or MONOPOD_ENSURE fails. `stream` 0
  /// stands for the microseconds since the Unix epoch, so that a later run has a higher number.
  camera& open(const std::string& name, std::uint64_t stream = 0);

  /// Waits up to `timeout_ms` for messages, then takes them and does everything that is due.
  /// Returns early after a message, or when the caller's descriptor `also` (-1: none) can be read.
  void poll(int timeout_ms, int also = -1);

  /// The server to which the frames go, by its place in the list; nothing while none has said that
  /// it is the primary.
  std::optional<std::size_t> primary() const { return choice_.primary(); }

  /// Polls until every frame of every camera is settled. Returns false if that takes longer than
  /// `timeout`.
  bool flush(std::chrono::milliseconds timeout);

  /// Tells the gateway that the cameras leave. Call it after flush().
  void bye();

private:
  friend class camera;
  bool receive_one(std::size_t from);
  void take(std::size_t from, std::span<const std::byte> envelope);
  void on_refused(std::size_t from, std::uint64_t epoch, const wire::Refused& refused,
                  std::uint64_t now_ns);
  void follow(std::uint64_t now_ns);
  void look_for_another(std::uint64_t now_ns);
  void look_after(std::size_t server);
  std::uint64_t next_look_ns() const;
  camera* find(const flatbuffers::String* name);
  void tick();

  connection_options options_;
  servers servers_;
  primary_choice choice_;
  std::uint64_t followed_ = 0; // how many changes of the choice the cameras know of
  std::uint64_t heard_ns_ = 0; // when the primary was last heard, or a server was asked for it
  std::map<std::string, std::unique_ptr<camera>, std::less<>> cameras_;
  std::minstd_rand jitter_;
  flatbuffers::FlatBufferBuilder builder_{512};
};

} // namespace monopod
