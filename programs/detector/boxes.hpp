// Boxes in a picture, and which of several boxes stand for the same object.
#pragma once

#include <cstddef>
#include <vector>

namespace monopod {

/// A rectangle. Its unit is the caller's: pixels, or shares of a picture.
struct box {
  float x = 0; // left edge
  float y = 0; // top edge
  float width = 0;
  float height = 0;
};

/// The intersection of two boxes over their union, 0 to 1; 0 if either is empty. Pure.
float overlap(const box& a, const box& b);

/// A box that a network found.
struct found_box {
  std::size_t label = 0; // index of its class
  float confidence = 0;  // 0 to 1
  box place;
};

/// Non-maximum suppression: of boxes of one class that overlap by more than `most`, keeps the most
/// confident one. Looks at the limits::boxes_compared most confident boxes only, and returns those
/// it keeps in falling order of confidence. Pure; boxes must be finite.
std::vector<found_box> suppress(std::vector<found_box> boxes, float most);

} // namespace monopod
