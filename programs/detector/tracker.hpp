// A tracker: which detections of successive frames are the same object.
#pragma once

#include "programs/detector/box_filter.hpp"
#include "programs/detector/boxes.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

/// Tracks the objects of one camera's stream, in the way of SORT (A. Bewley et al. 2016) and
/// ByteTrack (Y. Zhang et al. 2022): a Kalman filter predicts each track, the assignment of least
/// cost matches first the sure detections with all tracks, then the doubtful ones with tracks that
/// are still without. It reads no clock: times are the camera's, so frames may be skipped. Pure,
/// not thread-safe.
class tracker {
public:
  /// The detections of the next frame, in pixels, and when it was captured. Returns for each of
  /// them the number of its track, from 1; 0 for a detection without one. An object has its track
  /// from its second sure detection on, or from the first in the first frame.
  std::vector<std::uint64_t> update(std::span<const found_box> boxes, std::uint64_t captured_at_ns);

  std::size_t size() const { return tracks_.size(); }
  /// Tracks that were numbered so far.
  std::uint64_t numbered() const { return last_id_; }

private:
  struct track {
    std::uint64_t id; // 0: seen once
    std::size_t label;
    box_filter filter;
    std::uint64_t seen_at_ns;
    std::size_t box; // that matches it in this frame, or no_column
  };
  using numbers = std::vector<std::size_t>; // of boxes or tracks

  void predict(std::uint64_t captured_at_ns);
  void match(std::span<const found_box> boxes, const numbers& rows, const numbers& columns,
             float least, float margin);
  void match_all(std::span<const found_box> boxes);
  void end_tracks();
  void begin_tracks(std::span<const found_box> boxes);
  numbers open_tracks(bool numbered, bool seen_last_time) const;
  numbers open_boxes(std::span<const found_box> boxes, float least, float below) const;

  std::vector<track> tracks_;
  std::vector<bool> taken_; // by box of this frame
  std::uint64_t last_id_ = 0;
  std::uint64_t now_ns_ = 0;
  std::uint64_t before_ns_ = 0; // when the frame before was captured
  bool first_ = true;
};

/// A tracker for each camera, begun anew with each of its streams. Not thread-safe.
class camera_trackers {
public:
  /// The tracker of this stream. The reference is valid until the next call.
  tracker& of(const std::string& camera, std::uint64_t stream);
  std::size_t size() const { return cameras_.size(); }
  /// Tracks that were numbered, of all streams so far.
  std::uint64_t numbered() const;

private:
  struct entry {
    std::uint64_t stream;
    std::uint64_t used; // rises with each call
    tracker tracks;
  };
  void forget_one();

  std::map<std::string, entry> cameras_;
  std::uint64_t calls_ = 0;
  std::uint64_t ended_ = 0; // tracks of streams that are over
};

} // namespace monopod
