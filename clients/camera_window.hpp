// The frames that a camera keeps until the gateway has acknowledged them: the protocol of
// schemas/camera.fbs from the camera's side.
#pragma once

#include "core/payload.hpp"
#include "core/percentiles.hpp"
#include "schemas/camera_generated.h"
#include "schemas/frame_info.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace monopod {

/// The fate of a new frame when the window is full.
enum class full_policy {
  block,      // it is not taken: the caller waits and tries again
  drop_oldest // the oldest frame that was not sent yet makes room; if all were sent, the new
              // frame is dropped
};

struct window_options {
  std::size_t frames = 64; // at least 2 s of the camera's rate, so that a failover loses nothing
  std::size_t bytes = 64 * 1024 * 1024;
  full_policy full = full_policy::block;
  // One of several servers is the primary: Hello goes to all, soon again while none welcomes, since
  // each millisecond of that is outage.
  bool group = false;
  // No progress for so long with frames in flight: the camera asks where it stands.
  std::uint32_t resend_ms = 1000;
};

/// Pure: no socket, no clock; times are nanoseconds of one steady clock of the caller's. Frames are
/// sent in order, at most `credit` of them and `credit_bytes` of their payloads unsettled. A frame
/// leaves when a cursor settles it, when the gateway refuses it for good, or when it is dropped by
/// the policy; each is counted.
class camera_window {
public:
  camera_window(std::uint64_t stream, const window_options& options);

  enum class push_result { taken, dropped, full };
  /// Numbers the frame and keeps it. `full` only with full_policy::block: nothing was taken. A
  /// frame larger than the whole window is dropped with either policy.
  push_result push(payload body, std::uint64_t captured_at_ns, std::uint16_t width,
                   std::uint16_t height, std::uint64_t now_ns);

  struct outgoing {
    frame_info info; // the missing numbers before it were dropped or refused, not lost
    const payload* body = nullptr;
  };
  /// The next frame that may be sent; nothing while the gateway has not said Welcome or credit is
  /// used up.
  std::optional<outgoing> next() const;
  /// The frame of next() has been handed to the socket.
  void sent(std::uint64_t now_ns);

  /// Whether to say Hello now.
  bool hello_due(std::uint64_t now_ns);
  /// Hello has been handed to the socket; it is due again when it is not answered.
  void hello_said(std::uint64_t now_ns);
  /// When hello_due() or a time-out should be looked at next.
  std::uint64_t next_look_ns() const;

  /// A connection was made, or another server is the primary: whoever is there now has to hear
  /// Hello.
  void on_connected(std::uint64_t now_ns);
  void on_welcome(std::uint64_t epoch, const wire::Welcome& m, std::uint64_t now_ns);
  void on_ack(std::uint64_t epoch, const wire::Ack& m, std::uint64_t now_ns);
  /// `jitter` (0 to 1) spreads the retries of many cameras.
  void on_refused(std::uint64_t epoch, const wire::Refused& m, std::uint64_t now_ns, double jitter);

  std::uint64_t stream() const { return stream_; }
  std::uint64_t epoch() const { return epoch_; }
  /// Highest sequence number that was acknowledged.
  std::uint64_t cursor() const { return cursor_; }
  bool welcomed() const { return welcomed_; }
  /// Frames held: sent and unsettled, and not yet sent.
  std::size_t held() const { return frames_.size(); }
  /// Of those, sent and unsettled.
  std::size_t in_flight() const { return sent_; }

  /// Counts of frames by their fate.
  struct counts {
    std::uint64_t taken = 0; // every frame pushed and numbered
    std::uint64_t sent = 0;  // first sends
    std::uint64_t resent = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t dropped = 0; // by the full policy
    std::uint64_t refused = 0; // for good, by the gateway
    std::uint64_t lost = 0;    // acknowledged, and then lost by the gateway's side
    std::uint64_t ignored = 0; // messages of lower epochs or other streams

    counts& operator+=(const counts& other);
  };
  struct statistics : counts {
    std::array<std::uint64_t, static_cast<std::size_t>(wire::RefuseReason::MAX) + 1>
        refusals{};           // messages
    samples round_trip_ms;    // taken -> settled
    std::string last_refusal; // for people; empty once welcome

    /// Those of several cameras together: one of their last refusals stays.
    statistics& operator+=(const statistics& other);
  };
  const statistics& stats() const { return stats_; }

private:
  struct frame {
    std::uint64_t seq;
    std::uint64_t captured_at_ns;
    std::uint64_t taken_ns;
    std::uint16_t width;
    std::uint16_t height;
    bool was_sent;
    payload body;
  };

  bool accept_epoch(std::uint64_t epoch);
  void settle(std::uint64_t cursor, std::uint64_t now_ns);
  void ask_again(std::uint64_t at_ns);
  void refuse_frame(std::uint64_t seq);
  void open_stream(std::uint64_t stream);
  void erase(std::size_t index);

  window_options options_;
  std::uint64_t stream_;
  std::uint64_t epoch_ = 0;
  std::uint64_t last_seq_ = 0;
  std::uint64_t cursor_ = 0;
  std::uint32_t credit_ = 0;
  std::uint64_t credit_bytes_ = 0; // 0: not limited
  bool welcomed_ = false;
  std::deque<frame> frames_;
  std::size_t bytes_ = 0;
  std::size_t sent_ = 0;       // the first so many frames are in flight
  std::size_t sent_bytes_ = 0; // of those
  std::uint64_t hello_at_ns_ = 0;
  std::uint64_t last_hello_ns_ = 0;
  std::uint64_t progress_ns_ = 0;
  std::uint32_t backoff_ms_;
  std::uint64_t hello_wait_ns_; // for an answer
  statistics stats_;
};

} // namespace monopod
