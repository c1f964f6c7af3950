#include "programs/detector/tracker.hpp"

#include "core/clock.hpp"
#include "programs/detector/assignment.hpp"
#include "programs/detector/limits.hpp"

#include <algorithm>
#include <limits>

namespace monopod {

namespace {

constexpr float sure = 0.45F;     // confidence from which a detection may begin a track
constexpr float doubtful = 0.15F; // and from which it may go on with one
// Least overlap with the prediction, for sure and for doubtful detections.
constexpr float sure_overlap = 0.2F;
constexpr float doubtful_overlap = 0.5F;
// An object that moved further than its own width between two frames overlaps no more. Then boxes
// are widened by this share of their size on each side, which is what two or three frames a second
// need.
constexpr float margin = 0.5F;
constexpr double longest_step_s = 10; // so that a clock that leaps moves nothing far away

box widened(const box& b, float by) {
  return {b.x - by * b.width, b.y - by * b.height, b.width * (1 + 2 * by), b.height * (1 + 2 * by)};
}

} // namespace

std::vector<std::uint64_t> tracker::update(std::span<const found_box> boxes,
                                           std::uint64_t captured_at_ns) {
  predict(captured_at_ns);
  taken_.assign(boxes.size(), false);
  match_all(boxes);
  end_tracks();
  begin_tracks(boxes);
  std::vector<std::uint64_t> ids(boxes.size());
  for (const auto& t : tracks_)
    if (t.box != no_column)
      ids[t.box] = t.id;
  first_ = false;
  return ids;
}

void tracker::predict(std::uint64_t captured_at_ns) {
  if (captured_at_ns < now_ns_) // the camera's clock stepped back
    for (auto& t : tracks_)
      t.seen_at_ns = captured_at_ns;
  const auto passed_ns = captured_at_ns > now_ns_ ? captured_at_ns - now_ns_ : 0;
  const double step_s = std::min(static_cast<double>(passed_ns) * 1e-9, longest_step_s);
  before_ns_ = std::min(now_ns_, captured_at_ns);
  now_ns_ = captured_at_ns;
  for (auto& t : tracks_) {
    t.filter.predict(step_s);
    t.box = no_column;
  }
}

void tracker::match_all(std::span<const found_box> boxes) {
  constexpr float any = std::numeric_limits<float>::infinity();
  match(boxes, open_tracks(true, false), open_boxes(boxes, sure, any), sure_overlap, 0);
  match(boxes, open_tracks(true, true), open_boxes(boxes, doubtful, sure), doubtful_overlap, 0);
  match(boxes, open_tracks(true, true), open_boxes(boxes, sure, any), sure_overlap, margin);
  for (const float by : {0.0F, margin})
    match(boxes, open_tracks(false, true), open_boxes(boxes, sure, any), sure_overlap, by);
}

tracker::numbers tracker::open_tracks(bool numbered, bool seen_last_time) const {
  numbers all;
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    const auto& t = tracks_[i];
    if (t.box == no_column && (t.id != 0) == numbered &&
        (!seen_last_time || t.seen_at_ns >= before_ns_))
      all.push_back(i);
  }
  return all;
}

tracker::numbers tracker::open_boxes(std::span<const found_box> boxes, float least,
                                     float below) const {
  numbers all;
  for (std::size_t i = 0; i < boxes.size(); ++i)
    if (!taken_[i] && boxes[i].confidence >= least && boxes[i].confidence < below)
      all.push_back(i);
  return all;
}

// Pairs tracks (rows) with boxes (columns) that overlap by `least` at least. A pair that does not
// costs as much as the worst that does, so that no good pair is broken up to make two bad ones.
void tracker::match(std::span<const found_box> boxes, const numbers& rows, const numbers& columns,
                    float least, float margin) {
  if (rows.empty() || columns.empty())
    return;
  const float impossible = 1 - least;
  cost_table costs(rows.size(), columns.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto& t = tracks_[rows[r]];
    const auto expected = widened(t.filter.estimate(), margin);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto& b = boxes[columns[c]];
      const float shared = t.label == b.label ? overlap(expected, widened(b.place, margin)) : 0;
      costs.at(r, c) = std::min(1 - shared, impossible);
    }
  }
  const auto pairs = assign(costs);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (pairs[r] == no_column || costs.at(r, pairs[r]) >= impossible)
      continue;
    auto& t = tracks_[rows[r]];
    t.box = columns[pairs[r]];
    t.seen_at_ns = now_ns_;
    t.filter.correct(boxes[t.box].place);
    taken_[t.box] = true;
    if (t.id == 0)
      t.id = ++last_id_;
  }
}

void tracker::end_tracks() {
  std::erase_if(tracks_, [this](const track& t) {
    const bool lost = now_ns_ - t.seen_at_ns > limits::track_lost_ms * ns_per_ms;
    return t.box == no_column && (t.id == 0 || lost);
  });
}

void tracker::begin_tracks(std::span<const found_box> boxes) {
  for (const auto i : open_boxes(boxes, sure, std::numeric_limits<float>::infinity()))
    if (tracks_.size() < limits::tracks_per_camera)
      tracks_.push_back(
          {first_ ? ++last_id_ : 0, boxes[i].label, box_filter(boxes[i].place), now_ns_, i});
}

tracker& camera_trackers::of(const std::string& camera, std::uint64_t stream) {
  auto at = cameras_.find(camera);
  if (at != cameras_.end() && at->second.stream != stream) {
    ended_ += at->second.tracks.numbered();
    cameras_.erase(at);
    at = cameras_.end();
  }
  if (at == cameras_.end()) {
    if (cameras_.size() >= limits::tracked_cameras)
      forget_one();
    at = cameras_.emplace(camera, entry{stream, 0, {}}).first;
  }
  at->second.used = ++calls_;
  return at->second.tracks;
}

std::uint64_t camera_trackers::numbered() const {
  auto all = ended_;
  for (const auto& [camera, e] : cameras_)
    all += e.tracks.numbered();
  return all;
}

void camera_trackers::forget_one() {
  const auto oldest =
      std::ranges::min_element(cameras_, {}, [](const auto& camera) { return camera.second.used; });
  ended_ += oldest->second.tracks.numbered();
  cameras_.erase(oldest);
}

} // namespace monopod
