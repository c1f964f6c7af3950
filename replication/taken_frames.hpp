// Frames that the group has taken over from their cameras and nobody has finished yet.
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

/// Part of the ledger: each frame as the FrameTaken op that brought it, of each camera's newest
/// stream, above its cursor. Not thread-safe.
class taken_frames {
public:
  struct entry {
    std::uint64_t index = 0; // of the op
    std::uint64_t seq = 0;
    op_bytes bytes;
  };

  /// Whether another one of this size fits (limits::taken_frames, limits::taken_bytes).
  bool room_for(std::size_t bytes) const;
  /// False where the camera's last one has this sequence number or a higher one.
  bool add(std::string_view camera, entry frame);
  /// The camera's frames up to `seq` are finished, or those of its stream are nobody's any more.
  void settle(std::string_view camera, std::uint64_t seq);

  /// By sequence number; null where there are none. Valid until the next change.
  const std::deque<entry>* of(std::string_view camera) const;
  /// Of all cameras, by index.
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
