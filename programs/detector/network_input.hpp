// A picture as the input of a network.
#pragma once

#include "programs/detector/boxes.hpp"
#include "programs/detector/model_file.hpp"

#include <opencv2/core/mat.hpp>

namespace monopod {

/// Where a picture lies in the input of a network, in the input's pixels.
struct placement {
  float x = 0;
  float y = 0;
  float width = 1;
  float height = 1;

  /// A box of the input, relative to the picture and clipped to it. Pure.
  box to_picture(const box& in_input) const;
};

/// Scales pictures, shifts and divides their channels as the model wants it. Not thread-safe.
class network_input {
public:
  explicit network_input(const model_description& model);

  /// Fills blob() with the picture, which has 8 bits a channel, blue first. With layout yolov8 its
  /// shape stays, and the rest of the input is grey; else it is stretched.
  placement fill(const cv::Mat& picture);
  /// 1 x 3 x height x width floats.
  const cv::Mat& blob() const { return blob_; }

private:
  void write_channels(const cv::Mat& scaled);

  int width_;
  int height_;
  bool keeps_shape_;
  bool rgb_;
  std::array<float, 3> factor_{}; // channel * factor + offset, in the network's order
  std::array<float, 3> offset_{};
  cv::Mat scaled_;
  cv::Mat blob_;
};

} // namespace monopod
