// The application library: takes frames from a Monopod broker and returns detections.
//
//   monopod::app_connection connection({.app = "motion", .cameras = {"gate-*"}});
//   while (auto frame = connection.next(1000)) {
//     monopod::wire::InferenceT found;
//     found.model = "motion";
//     ...                                   // look at frame->jpeg
//     connection.answer(*frame, std::move(found));
//   }
#pragma once

#include "clients/primary_choice.hpp"
#include "clients/servers.hpp"
#include "core/payload.hpp"
#include "schemas/app_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

struct app_options {
  // The ZeroMQ endpoint of the broker, or those of all replicas of a group, separated by commas.
  std::string server = "tcp://127.0.0.1:5571";
  std::string app = "app";               // its name: 1 to 64 of [A-Za-z0-9._-]
  std::vector<std::string> cameras{"*"}; // patterns: '*' is any run of characters, '?' one
  wire::Policy policy = wire::Policy::Every;
  std::uint32_t bound = 1;      // frames that wait for each camera, for Bounded
  std::uint32_t max_age_ms = 0; // older frames are not delivered; 0: any age
  float max_fps = 0;            // frames a second of each camera; 0: all
  std::uint32_t credit = 2;     // frames held here at a time: one in work, one that waits
};

/// A frame as an application receives it.
struct app_frame {
  std::string camera;
  std::uint64_t stream = 0;
  std::uint64_t seq = 0;
  std::uint64_t captured_at_ns = 0; // the camera's stamp, nanoseconds since the Unix epoch
  std::uint16_t width = 0;          // pixels; 0 if the camera does not know
  std::uint16_t height = 0;
  // How many frames of this camera this application did not get since the one before.
  std::uint32_t dropped_by_camera = 0;
  std::uint32_t skipped_newer = 0; // newer ones took their place
  std::uint32_t skipped_age = 0;   // older than max_age_ms
  std::uint32_t skipped_rate = 0;  // beyond max_fps
  payload jpeg;
  std::uint64_t started_at_ns = 0; // stamp: next() returned it
};

/// The subscription of one application. It attaches in the background, and again by itself however
/// long that takes; with policy `every`, frames that were not answered arrive again then. Not
/// thread-safe: one thread makes, uses and destroys it. The constructor throws std::runtime_error
/// if an endpoint is not one; nothing else throws.
class app_connection {
public:
  explicit app_connection(app_options options);
  app_connection(const app_connection&) = delete;
  app_connection& operator=(const app_connection&) = delete;

  /// The next frame, oldest first; nothing if none arrives within `timeout_ms`. Every frame must be
  /// answered, even if nothing was found in it, because the answers to later frames of the camera
  /// wait for it.
  std::optional<app_frame> next(int timeout_ms);

  /// Answers a frame of next() with detections; sets their processing_ns. They are sent now, or by
  /// a later next() if the connection is busy.
  void answer(const app_frame& frame, wire::InferenceT found);

  /// Waits until every answer has been handed to the connection. Returns false if that takes longer
  /// than `timeout_ms`.
  bool flush(int timeout_ms);

  struct statistics {
    std::uint64_t frames = 0;
    std::uint64_t answers = 0;
    std::uint64_t refused = 0;  // answers and subscriptions that the broker refused
    std::uint64_t attached = 0; // times
    std::string last_refusal;   // as text for people; empty while attached
  };
  const statistics& stats() const { return stats_; }

private:
  void subscribe();
  void wait(int timeout_ms);
  bool receive_one(std::size_t from);
  void take(std::size_t from, const wire::AppMessage& message, payload body);
  void on_refused(std::size_t from, std::uint64_t epoch, const wire::AppRefused& refused);
  void follow();
  void attached(std::uint64_t incarnation);
  void grant(std::uint32_t frames);
  void queue_message();
  void send_waiting();

  app_options options_;
  servers servers_;
  primary_choice choice_;
  std::uint64_t followed_ = 0; // how many changes of the choice were acted on
  std::uint64_t session_;
  std::uint64_t incarnation_ = 0; // of the attachment; 0: none
  std::uint64_t subscribe_at_ns_ = 0;
  std::deque<app_frame> frames_; // at most the credit given
  std::uint32_t credit_owed_ = 0;
  // Messages for which the connection had no room: at most an answer and a grant for each frame
  // held.
  std::deque<std::vector<std::uint8_t>> waiting_;
  statistics stats_;
  flatbuffers::FlatBufferBuilder builder_{1024};
};

} // namespace monopod
