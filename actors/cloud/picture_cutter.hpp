// Pictures cut to what lies around the detections, on a thread of its own.
#pragma once

#include "actors/runtime/loop.hpp"
#include "core/payload.hpp"
#include "schemas/detection_generated.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

/// A part of a picture; 0 is its left or top edge, 1 its right or bottom edge.
struct picture_area {
  float left = 0;
  float top = 0;
  float right = 1;
  float bottom = 1;
};

/// The smallest area around the boxes of detections with one of these labels (none named: of all
/// detections), and a tenth of its size on each side. A detection without a box concerns the whole
/// picture. Nothing if there is no such detection. Any values in the boxes are safe.
std::optional<picture_area> area_around(const wire::Inference& inference,
                                        const std::vector<std::string>& labels);

struct cut_picture {
  payload jpeg;
  int x = 0; // pixels of the frame
  int y = 0;
  int width = 0;
  int height = 0;
};

/// Cuts a JPEG without coding it again (TurboJPEG's lossless transform), so that left and top edge
/// move outwards to a block's edge, by 15 pixels at most. Neither metadata nor thumbnails are
/// copied. If all of the picture is wanted, `jpeg` itself is shared. The error is for people: no
/// JPEG, too large (limits::picture_cut_bytes) or too many scans. Any thread; takes milliseconds a
/// megapixel.
tl::expected<cut_picture, const char*> cut_jpeg(const payload& jpeg, const picture_area& area);

/// Cuts one picture after the other, away from the loop. Used on the loop's thread. The thread
/// begins with the first picture, and shares nothing with the cutter but the queue: it ends by
/// itself when the cutter has gone.
class picture_cutter {
public:
  enum class fault {
    unreadable, // no JPEG that can be cut
    busy        // newer pictures needed its room in the queue
  };
  using outcome = tl::expected<cut_picture, fault>;

  explicit picture_cutter(loop& host);
  ~picture_cutter();
  picture_cutter(const picture_cutter&) = delete;
  picture_cutter& operator=(const picture_cutter&) = delete;

  /// Calls `done` in a later turn of the loop, in the order of the calls, unless the cutter is
  /// destroyed before. Only a picture that makes room is told at once, from within this call.
  void cut(payload jpeg, const picture_area& area, std::function<void(outcome)> done);

private:
  struct shared;
  struct job;
  static void work(const std::shared_ptr<shared>& with);
  void take_finished();

  loop& loop_;
  std::shared_ptr<shared> shared_;
  bool started_ = false;
};

} // namespace monopod
