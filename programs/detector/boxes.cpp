#include "programs/detector/boxes.hpp"

#include "programs/detector/limits.hpp"

#include <algorithm>

namespace monopod {

float overlap(const box& a, const box& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0)
    return 0;
  const float both = width * height;
  return both / (a.width * a.height + b.width * b.height - both);
}

std::vector<found_box> suppress(std::vector<found_box> boxes, float most) {
  const auto end =
      boxes.begin() + static_cast<std::ptrdiff_t>(std::min(boxes.size(), limits::boxes_compared));
  std::ranges::partial_sort(boxes, end, [](const found_box& a, const found_box& b) {
    return a.confidence > b.confidence;
  });
  boxes.erase(end, boxes.end());
  std::vector<found_box> kept;
  for (const auto& candidate : boxes)
    if (std::ranges::none_of(kept, [&](const found_box& k) {
          return k.label == candidate.label && overlap(k.place, candidate.place) > most;
        }))
      kept.push_back(candidate);
  return kept;
}

} // namespace monopod
