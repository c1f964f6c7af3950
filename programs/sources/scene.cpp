#include "programs/sources/scene.hpp"

#include <algorithm>
#include <cmath>

namespace monopod {

street_scene::street_scene(int width, int height)
    : width_(width), height_(height),
      picture_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) {
  draw_background();
  background_ = picture_;
}

void street_scene::rectangle(int x, int y, int w, int h, colour c) {
  const int x0 = std::clamp(x, 0, width_);
  const int x1 = std::clamp(x + w, 0, width_);
  for (int row = std::clamp(y, 0, height_); row < std::clamp(y + h, 0, height_); ++row) {
    auto* p = &picture_[(static_cast<std::size_t>(row) * static_cast<std::size_t>(width_) +
                         static_cast<std::size_t>(x0)) *
                        3];
    for (int i = x0; i < x1; ++i) {
      *p++ = c.r;
      *p++ = c.g;
      *p++ = c.b;
    }
  }
}

void street_scene::disc(int x, int y, int radius, colour c) {
  for (int dy = -radius; dy <= radius; ++dy) {
    const int half = static_cast<int>(std::sqrt(radius * radius - dy * dy));
    rectangle(x - half, y + dy, 2 * half + 1, 1, c);
  }
}

void street_scene::limb(double x0, double y0, double x1, double y1, int thickness, colour c) {
  const int steps = static_cast<int>(std::max(std::abs(x1 - x0), std::abs(y1 - y0))) + 1;
  for (int i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    rectangle(static_cast<int>(x0 + (x1 - x0) * t) - thickness / 2,
              static_cast<int>(y0 + (y1 - y0) * t), thickness, thickness / 2 + 1, c);
  }
}

void street_scene::draw_background() {
  const int horizon = height_ * 55 / 100;
  for (int y = 0; y < horizon; ++y) { // sky
    const auto shade = static_cast<std::uint8_t>(150 + 80 * y / horizon);
    rectangle(0, y, width_, 1, {static_cast<std::uint8_t>(shade - 40), shade, 240});
  }
  const int house = std::max(width_ / 6, 16);
  for (int i = 0; i * house < width_; ++i) { // house fronts with windows
    const int top = horizon - height_ * (30 + (i * 37) % 18) / 100;
    const auto tone = static_cast<std::uint8_t>(120 + (i * 53) % 70);
    rectangle(i * house, top, house - 2, horizon - top,
              {tone, static_cast<std::uint8_t>(tone - 25), static_cast<std::uint8_t>(tone - 45)});
    for (int wy = top + house / 8; wy + house / 6 < horizon; wy += house / 4)
      for (int wx = i * house + house / 8; wx + house / 6 < (i + 1) * house; wx += house / 4)
        rectangle(wx, wy, house / 8, house / 6, {70, 90, 120});
  }
  rectangle(0, horizon, width_, height_ * 12 / 100, {165, 160, 150}); // pavement
  const int road = horizon + height_ * 12 / 100;
  rectangle(0, road, width_, height_ - road, {75, 75, 80});
  for (int x = 0; x < width_; x += width_ / 10) // lane markings
    rectangle(x, road + (height_ - road) / 2, width_ / 20, std::max(height_ / 120, 1),
              {230, 230, 220});
  const int car = width_ / 5; // a parked car
  rectangle(width_ * 6 / 10, road + height_ / 60, car, height_ / 12, {150, 30, 35});
  rectangle(width_ * 6 / 10 + car / 5, road - height_ / 40, car * 3 / 5, height_ / 20,
            {60, 70, 85});
  disc(width_ * 6 / 10 + car / 5, road + height_ / 10, height_ / 30, {25, 25, 25});
  disc(width_ * 6 / 10 + car * 4 / 5, road + height_ / 10, height_ / 30, {25, 25, 25});
}

void street_scene::draw_figure(int index, std::uint64_t number) {
  const int tall = height_ * (22 + index % 3 * 4) / 100;
  const int speed = std::max(width_ / 260, 1) * (1 + index % 3);
  const int span = width_ + tall;
  const int walked = static_cast<int>(
      (number * static_cast<std::uint64_t>(speed) + static_cast<std::uint64_t>(index) * 211) %
      static_cast<std::uint64_t>(span));
  const int x = (index % 2 == 0 ? walked : span - walked) - tall / 2;
  const int feet = height_ * (66 + index * 5 % 26) / 100;
  const colour coat{static_cast<std::uint8_t>(60 + index * 67 % 180),
                    static_cast<std::uint8_t>(50 + index * 101 % 150),
                    static_cast<std::uint8_t>(70 + index * 31 % 160)};
  const colour legs{40, 42, 60};
  const double swing = std::sin(static_cast<double>(number) * 0.55 + index) * tall * 0.16;
  const int hip = feet - tall * 45 / 100;
  const int shoulder = feet - tall * 80 / 100;
  limb(x, hip, x + swing, feet, std::max(tall / 12, 2), legs);
  limb(x, hip, x - swing, feet, std::max(tall / 12, 2), legs);
  rectangle(x - tall / 10, shoulder, tall / 5, hip - shoulder + tall / 20, coat);
  limb(x, shoulder, x - swing * 0.8, hip, std::max(tall / 16, 2), coat);
  limb(x, shoulder, x + swing * 0.8, hip, std::max(tall / 16, 2), coat);
  disc(x, feet - tall * 90 / 100, std::max(tall / 11, 2), {224, 180, 150});
}

const std::vector<std::uint8_t>& street_scene::draw(std::uint64_t number) {
  picture_ = background_;
  constexpr int figures = 7;
  for (int i = 0; i < figures; ++i)
    draw_figure(i, number);
  return picture_;
}

} // namespace monopod
