// The synthetic source: a drawn street with walking figures.
#pragma once

#include <cstdint>
#include <vector>

namespace monopod {

/// Draws picture after picture of the same street. Size and number determine a picture. Not
/// thread-safe.
class street_scene {
public:
  /// Width and height are in pixels, each at least 64.
  street_scene(int width, int height);

  /// RGB, 3 bytes a pixel, rows from the top; valid until the next call.
  const std::vector<std::uint8_t>& draw(std::uint64_t number);

  int width() const { return width_; }
  int height() const { return height_; }

private:
  struct colour {
    std::uint8_t r, g, b;
  };
  void rectangle(int x, int y, int w, int h, colour c);
  void disc(int x, int y, int radius, colour c);
  void limb(double x0, double y0, double x1, double y1, int thickness, colour c);
  void draw_background();
  void draw_figure(int index, std::uint64_t number);

  int width_;
  int height_;
  std::vector<std::uint8_t> background_;
  std::vector<std::uint8_t> picture_;
};

} // namespace monopod
