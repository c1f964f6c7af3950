// Which frame is owed to which application: subscriptions, credit and the frames in flight. Pure:
// no socket, no clock.
#pragma once

#include "core/payload.hpp"
#include "replication/ledger.hpp"
#include "replication/subscription.hpp"
#include "schemas/app_generated.h"
#include "schemas/frame_info.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace monopod {

enum class intake {
  accepted,  // at least one application with policy `every` owes it
  settled,   // no application does: `settled_seq` may have moved
  duplicate, // settled or in flight already
  not_open,  // the camera has not opened this stream here
  gap        // frames are missing that the camera did not drop: it must send again from the cursor
};

/// A frame goes, in order, to each application whose patterns cover the camera. `Every`: it gets
/// each frame, which is settled when all such applications have answered; frames are held until
/// then, so their number is bounded by the gateway's credit. `Latest`, `Bounded`: one or `bound`
/// frames wait per camera, and the oldest makes room; they hold up nothing. Answers are passed on
/// in frame order per camera and application (G4), in whatever order they arrive.
class delivery {
public:
  struct frame {
    frame_info info;
    payload body;
  };
  using frame_ptr = std::shared_ptr<const frame>;

  struct camera {
    std::string name;
    std::uint64_t stream = 0;
    std::uint64_t last_seq = 0;    // highest accepted
    std::uint64_t settled_seq = 0; // everything up to here is settled, as far as applications go
    // From the ledger: how far an application had finished.
    std::map<std::string, std::uint64_t, std::less<>> done;
    struct in_flight {
      frame_ptr what;
      std::vector<std::string_view> owed; // applications that have not answered; names in apps_
    };
    std::deque<in_flight> frames; // by seq
    std::vector<std::string_view> subscribers;
  };

  /// The frames of one camera on their way to one application.
  struct lane {
    std::deque<frame_ptr> waiting; // oldest first
    struct delivered {
      frame_ptr what;
      bool answered = false;
      std::vector<std::byte> answer; // kept until those before it are answered
    };
    std::deque<delivered> outstanding;
    skipped_frames skipped;           // since the last frame delivered
    std::uint64_t last_wanted_ns = 0; // stamp of the last frame that was not beyond the rate
  };

  struct app {
    std::string name;
    subscription wants;
    std::uint32_t credit = 0;
    std::map<camera*, lane> lanes;
    std::deque<camera*> turn; // cameras with waiting frames take turns
    std::size_t queued = 0;
    std::size_t outstanding = 0;
    std::uint64_t results = 0;
    skipped_frames skipped; // since start
  };

  /// `pictures`: completions have the picture of their frame, within
  /// limits::picture_unanswered_bytes.
  explicit delivery(bool pictures = false) : pictures_(pictures) {}

  /// Opens or re-opens a camera where the ledger says it stands. Frames in flight stay if the
  /// stream is the same. The camera is lent for as long as this lives: it is what the functions
  /// below take.
  camera& open(std::string_view name, const camera_cursor& cursor);

  /// Forgets the frames of a camera until it is opened again.
  void close(camera& c);
  /// Forgets the camera, with frames that nothing waits for (policies other than `every`).
  void remove(const camera& c);
  /// Whether no application owes or awaits a frame of the camera.
  bool idle(const camera& c) const;

  /// Adds or changes a subscription; it concerns frames that arrive from now on. With `fresh` (a
  /// new connection) frames that were delivered wait anew and credit is 0. TooManyApps, BadName or
  /// BadPolicy otherwise.
  tl::expected<void, wire::AppRefuseReason> subscribe(std::string_view name, subscription wants,
                                                      bool fresh);

  /// The application gets no more frames, and those that it owes are let go. Returns how many it
  /// owed.
  std::size_t unsubscribe(std::string_view name);
  /// Whether frames are held until this application answers.
  bool owes(std::string_view name) const;

  intake add(camera& c, const frame_info& info, payload body);
  /// The same for a frame that the ledger holds: frames that are missing before it were settled.
  intake add_taken(camera& c, const frame_info& info, payload body);

  /// The application can take `frames` more.
  void grant(std::string_view app_name, std::uint32_t frames);

  struct next_frame {
    camera* from = nullptr;
    frame_ptr what;
    skipped_frames skipped;
  };
  /// The application's next frame, if it has credit; it is outstanding from then on. Frames that
  /// are too old at `now_ns` (of the cameras' clock) are dropped on the way.
  std::optional<next_frame> next(std::string_view app_name, std::uint64_t now_ns);
  /// `unsent`, which next() has just returned, waits again, and its credit is returned.
  void return_to_queue(std::string_view app_name, const next_frame& unsent);

  struct completion {
    frame_info info;
    std::uint64_t settled_seq = 0; // the camera's after this
    std::vector<std::byte> answer; // empty: the one just given
    payload picture;               // empty: not kept
  };
  /// The application has answered. Returns the answers that can go on, in frame order: none while
  /// an earlier frame of the camera is unanswered. NotSubscribed or NotOutstanding if it does not
  /// owe this frame.
  tl::expected<std::vector<completion>, wire::AppRefuseReason>
  complete(std::string_view app_name, camera& c, std::uint64_t stream, std::uint64_t seq,
           std::span<const std::byte> answer);

  /// A frame that was settled without a result, after which the camera's cursor is `settled_seq`.
  struct settlement {
    const camera* from = nullptr;
    frame_info info;
    std::uint64_t settled_seq = 0;
  };
  /// The settlements since the last call.
  std::vector<settlement> take_settled() { return std::exchange(settled_, {}); }

  /// Frames up to this one are settled, or owed and not above `taken_seq`: the camera may forget
  /// them, since the ledger has those up to `taken_seq`.
  static std::uint64_t safe_to_forget(const camera& c, std::uint64_t taken_seq);

  const std::map<std::string, app, std::less<>>& apps() const { return apps_; }
  std::size_t frames_in_flight() const { return in_flight_; }
  /// Of the frames in flight.
  std::size_t bytes_in_flight() const { return in_flight_bytes_; }

private:
  app& subscribed(std::string_view name);
  void forget_frames(camera& c);
  void find_subscribers(camera& c);
  void pop_settled(camera& c);
  void enqueue(app& a, camera& c, const frame_ptr& f);
  void skip_oldest(app& a, camera& c, std::uint32_t skipped_frames::*why);
  void release(app& a, camera& c, std::uint64_t seq);
  void forget(app& a, camera& c);
  std::size_t let_go(app& a);
  static camera::in_flight* find_frame(camera& c, std::uint64_t seq);
  frame_ptr without_duty(const frame_ptr& f);

  bool pictures_;
  // Bytes of the frames that without_duty() keeps. Those frames share the counter, and lower it
  // when they are destroyed.
  std::shared_ptr<std::size_t> unanswered_bytes_ = std::make_shared<std::size_t>(0);
  std::map<std::string, camera, std::less<>> cameras_;
  std::map<std::string, app, std::less<>> apps_;
  std::vector<settlement> settled_;
  std::size_t in_flight_ = 0;
  std::size_t in_flight_bytes_ = 0;
  std::size_t waiting_bytes_ = 0; // of policies that hold up nothing
};

} // namespace monopod
