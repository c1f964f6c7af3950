#include "replication/taken_frames.hpp"

#include "core/limits.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

bool taken_frames::room_for(std::size_t bytes) const {
  return frames_ < limits::taken_frames && bytes_ + bytes <= limits::taken_bytes;
}

bool taken_frames::add(std::string_view camera, entry frame) {
  auto known = cameras_.find(camera);
  if (known != cameras_.end() && known->second.back().seq >= frame.seq)
    return false;
  if (known == cameras_.end())
    known = cameras_.try_emplace(std::string(camera)).first;
  ++frames_;
  bytes_ += frame.bytes->size();
  known->second.push_back(std::move(frame));
  return true;
}

void taken_frames::settle(std::string_view camera, std::uint64_t seq) {
  const auto known = cameras_.find(camera);
  if (known == cameras_.end())
    return;
  auto& frames = known->second;
  while (!frames.empty() && frames.front().seq <= seq) {
    --frames_;
    bytes_ -= frames.front().bytes->size();
    frames.pop_front();
  }
  if (frames.empty())
    cameras_.erase(known);
}

const std::deque<taken_frames::entry>* taken_frames::of(std::string_view camera) const {
  const auto known = cameras_.find(camera);
  return known == cameras_.end() ? nullptr : &known->second;
}

std::vector<taken_frames::entry> taken_frames::all() const {
  std::vector<entry> list;
  list.reserve(frames_);
  for (const auto& [camera, frames] : cameras_)
    list.insert(list.end(), frames.begin(), frames.end());
  std::ranges::sort(list, {}, &entry::index);
  return list;
}

} // namespace monopod
