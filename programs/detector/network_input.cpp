#include "programs/detector/network_input.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace monopod {

namespace {

constexpr int surround = 114; // the grey of the letter-box with which YOLO networks are trained

} // namespace

box placement::to_picture(const box& in_input) const {
  const auto share = [](float value) { return std::clamp(value, 0.0F, 1.0F); };
  const float left = share((in_input.x - x) / width);
  const float top = share((in_input.y - y) / height);
  const float right = share((in_input.x + in_input.width - x) / width);
  const float bottom = share((in_input.y + in_input.height - y) / height);
  return {left, top, right - left, bottom - top};
}

network_input::network_input(const model_description& model)
    : width_(model.width), height_(model.height),
      keeps_shape_(model.layout == output_layout::yolov8), rgb_(model.rgb) {
  for (std::size_t c = 0; c < factor_.size(); ++c) {
    factor_[c] = 1 / model.deviation[c];
    offset_[c] = -model.mean[c] / model.deviation[c];
  }
  scaled_ = cv::Mat(height_, width_, CV_8UC3, cv::Scalar::all(surround));
  blob_ = cv::Mat(std::vector<int>{1, 3, height_, width_}, CV_32F, cv::Scalar(0));
}

placement network_input::fill(const cv::Mat& picture) {
  cv::Rect inside(0, 0, width_, height_);
  if (keeps_shape_) {
    const double scale = std::min(static_cast<double>(width_) / picture.cols,
                                  static_cast<double>(height_) / picture.rows);
    inside.width = std::clamp(static_cast<int>(std::lround(picture.cols * scale)), 1, width_);
    inside.height = std::clamp(static_cast<int>(std::lround(picture.rows * scale)), 1, height_);
    inside.x = (width_ - inside.width) / 2;
    inside.y = (height_ - inside.height) / 2;
    scaled_.setTo(cv::Scalar::all(surround));
  }
  cv::Mat target = scaled_(inside);
  cv::resize(picture, target, target.size(), 0, 0, cv::INTER_LINEAR);
  write_channels(scaled_);
  return {static_cast<float>(inside.x), static_cast<float>(inside.y),
          static_cast<float>(inside.width), static_cast<float>(inside.height)};
}

void network_input::write_channels(const cv::Mat& scaled) {
  for (std::size_t c = 0; c < 3; ++c) {
    const float factor = factor_[c];
    const float offset = offset_[c];
    float* to = blob_.ptr<float>(0, static_cast<int>(c));
    const auto* from = scaled.ptr<std::uint8_t>() + (rgb_ ? 2 - c : c);
    const auto pixels = static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_);
    for (std::size_t i = 0; i < pixels; ++i)
      to[i] = static_cast<float>(from[3 * i]) * factor + offset;
  }
}

} // namespace monopod
