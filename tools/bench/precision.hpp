// The quality of detections, compared with boxes that people have drawn.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace monopod {

/// A box in pixels.
struct pixel_box {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
};

/// A thing that is really there, the same over all frames.
struct true_box {
  pixel_box box;
  std::uint64_t person = 0;
};

struct detected_box {
  pixel_box box;
  double confidence = 0;
  std::uint64_t track_id = 0; // 0: not tracked
};

template <class Box>
using boxes_by_frame = std::map<std::uint64_t, std::vector<Box>>;

/// Reads a ground truth in the format of MOTChallenge 2015: lines of frame, id, left, top, width,
/// height and flag, with commas; lines whose flag is 0 don't count. std::runtime_error if it is
/// none.
boxes_by_frame<true_box> read_truth(const std::filesystem::path& file);

struct precision {
  double average = 0;         // area under the curve of precision over recall, all points
  double best_f1 = 0;         // highest harmonic mean of precision and recall
  std::uint64_t switches = 0; // times that a person's box has another track than the last time
  std::uint64_t persons = 0;  // boxes that are really there
};

/// Judges all frames of the truth up to `last_frame`. A box is found by at most one detection, the
/// most confident one that overlaps it by `iou` (intersection over union). Average precision as in
/// Everingham et al., "The PASCAL Visual Object Classes Challenge" (2010), with all points of the
/// curve. Switches are counted among detections of at least `track_confidence`.
precision judge(const boxes_by_frame<true_box>& truth, const boxes_by_frame<detected_box>& found,
                std::uint64_t last_frame, double iou = 0.5, double track_confidence = 0.4);

} // namespace monopod
