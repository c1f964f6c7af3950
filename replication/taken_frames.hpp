// Frames that the group has taken over from their cameras and that are not finished yet (ADR 15).
#pragma once

#include "replication/op_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// Part of the ledger: each frame as its FrameTaken op, for each camera those of its newest stream
/// above its cursor. Not thread-safe.
class taken_frames {
public:
  struct entry {
    std::uint64_t index = 0; // of the op
    std::uint64_t seq = 0;
    op_bytes bytes;
  };

  /// Whether another frame of this size fits (limits::taken_frames, limits::taken_bytes).
  bool room_for(std::size_t bytes) const;
  /// Adds a frame. Returns false if the camera's last frame has the same or a higher sequence
  /// number.
  bool add(std::string_view camera, entry frame);
  /// Lets go of the camera's frames up to `seq`: they are finished, or their stream has ended.
  void settle(std::string_view camera, std::uint64_t seq);

  /// The camera's frames by sequence number; null if there are none. Valid until the next change.
  const std::deque<entry>* of(std::string_view camera) const;
  /// The frames of all cameras, by index.
  std::vector<entry> all() const;
  const std::map<std::string, std::deque<entry>, std::less<>>& cameras() const { return cameras_; }
  std::size_t size() const { return frames_; }
  std::size_t bytes() const { return bytes_; }

private:
  std::map<std::string, std::deque<entry>, std::less<>> cameras_; // none is empty
  std::size_t frames_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace monopod
