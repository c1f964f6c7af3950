// Which frame is owed to which application: subscriptions, credit and the frames in flight. Pure:
// no socket, no clock.
#pragma once

#include "core/payload.hpp"
#include "replication/ledger.hpp"
#include "schemas/app_generated.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

/// A frame's envelope without its payload.
struct frame_info {
  std::uint64_t stream = 0;
  std::uint64_t seq = 0;
  std::uint64_t captured_at_ns = 0;
  std::uint64_t received_at_ns = 0;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::uint32_t dropped_before = 0;
};

enum class intake {
  accepted,  // owed to at least one application
  settled,   // nobody subscribes: `settled_seq` may have moved
  duplicate, // settled or in flight already
  not_open,  // the camera has not opened this stream here
  gap        // frames are missing that the camera did not drop: it must send again from the cursor
};

/// Policy `every`: each frame goes once, in order, to each application whose patterns cover the
/// camera; it is settled when all have answered. Frames are held until then, so their number is
/// bounded by the gateway's credit.
class delivery {
public:
  struct frame {
    frame_info info;
    payload body;
    std::vector<std::string_view> owed; // applications that have not answered; names live in apps_
  };

  struct camera {
    std::string name;
    std::uint64_t stream = 0;
    std::uint64_t last_seq = 0;    // highest accepted
    std::uint64_t settled_seq = 0; // everything up to here is settled, as far as applications go
    std::map<std::string, std::uint64_t, std::less<>>
        done;                 // from the ledger: what an application finished before
    std::deque<frame> frames; // in flight, by seq
    std::vector<std::string_view> subscribers;
  };

  struct app {
    std::string name;
    std::vector<std::string> patterns;
    std::uint32_t credit = 0;
    std::deque<std::pair<camera*, std::uint64_t>> queue;       // owed, not delivered; oldest first
    std::deque<std::pair<camera*, std::uint64_t>> outstanding; // delivered, not answered
    std::uint64_t results = 0;
  };

  /// Opens or re-opens a camera where the ledger says it stands. Frames in flight stay if the
  /// stream is the same.
  void open(std::string_view name, const camera_cursor& cursor);

  /// Adds or changes a subscription; it concerns frames that arrive from now on. Frames that the
  /// application had already taken are owed anew and credit is 0 when `fresh` (a new connection).
  /// TooManyApps or BadName otherwise.
  tl::expected<void, wire::AppRefuseReason>
  subscribe(std::string_view name, std::vector<std::string> patterns, bool fresh);

  intake add(std::string_view camera_name, const frame_info& info, payload body);

  /// The application can take `frames` more.
  void grant(std::string_view app_name, std::uint32_t frames);

  struct next_frame {
    const camera* from = nullptr;
    const frame* what = nullptr;
  };
  /// Takes the application's next frame, if it has credit; valid until the next call of any member.
  std::optional<next_frame> take(std::string_view app_name);
  /// The frame just taken could not be sent: it is first in the queue again and its credit
  /// returned.
  void put_back(std::string_view app_name);

  struct completion {
    frame_info info;
    std::uint64_t settled_seq = 0; // the camera's after this
  };
  /// The application has answered. NotSubscribed or NotOutstanding when it does not owe this frame.
  tl::expected<completion, wire::AppRefuseReason> complete(std::string_view app_name,
                                                           std::string_view camera_name,
                                                           std::uint64_t stream, std::uint64_t seq);

  const camera* find_camera(std::string_view name) const;
  const std::map<std::string, app, std::less<>>& apps() const { return apps_; }
  std::size_t frames_in_flight() const { return in_flight_; }

private:
  void find_subscribers(camera& c);
  void pop_settled(camera& c);
  static frame* find_frame(camera& c, std::uint64_t seq);

  std::map<std::string, camera, std::less<>> cameras_;
  std::map<std::string, app, std::less<>> apps_;
  std::size_t in_flight_ = 0;
};

} // namespace monopod
