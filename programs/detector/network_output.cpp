#include "programs/detector/network_output.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>

namespace monopod {

namespace {

// NanoDet: one head for each of these distances between cells, in pixels.
constexpr std::array<int, 3> strides{8, 16, 32};
constexpr int sides = 4;
constexpr int ssd_columns = 7; // picture, class, confidence, left, top, right, bottom

std::string shape(const cv::Mat& m) {
  std::string text;
  for (int i = 0; i < m.dims; ++i)
    text += (i == 0 ? "" : " x ") + std::to_string(m.size[i]);
  return text;
}

bool is_float(const cv::Mat& m) { return m.type() == CV_32F && m.isContinuous(); }

std::string wrong_labels(const model_description& model, int classes) {
  if (classes == static_cast<int>(model.labels.size()))
    return {};
  return fmt::format("the network has {} classes and the model {} labels; name each class once",
                     classes, model.labels.size());
}

int cells_of(const model_description& model, int stride) {
  return ((model.width + stride - 1) / stride) * ((model.height + stride - 1) / stride);
}

std::string wrong_nanodet(const model_description& model, const std::vector<cv::Mat>& outputs) {
  for (std::size_t i = 0; i < strides.size(); ++i) {
    const auto& scores = outputs[i];
    const auto& distances = outputs[i + strides.size()];
    const int cells = cells_of(model, strides[i]);
    for (const auto* m : {&scores, &distances})
      if (!is_float(*m) || m->dims != 3 || m->size[0] != 1 || m->size[1] != cells)
        return fmt::format("an output of stride {} is {} and not 1 x {} x N; `width` and `height` "
                           "must be those of the network",
                           strides[i], shape(*m), cells);
    if (auto wrong = wrong_labels(model, scores.size[2]); !wrong.empty())
      return wrong;
    if (distances.size[2] % sides != 0 || distances.size[2] / sides < 2)
      return fmt::format("reg{} has {} numbers a cell and not two or more for each side; "
                         "`layout` must be that of the network",
                         strides[i], distances.size[2]);
  }
  return {};
}

std::string wrong_yolov8(const model_description& model, const std::vector<cv::Mat>& outputs) {
  const auto& m = outputs.front();
  if (!is_float(m) || m.dims != 3 || m.size[0] != 1 || m.size[1] <= sides)
    return fmt::format("the output is {} and not 1 x (4 + classes) x N; export the detection "
                       "network without suppression",
                       shape(m));
  return wrong_labels(model, m.size[1] - sides);
}

std::string wrong_ssd(const std::vector<cv::Mat>& outputs) {
  const auto& m = outputs.front();
  if (!is_float(m) || m.dims != 4 || m.size[0] != 1 || m.size[1] != 1 || m.size[3] != ssd_columns)
    return fmt::format("the output is {} and not 1 x 1 x N x 7; export the network with its "
                       "DetectionOutput",
                       shape(m));
  return {};
}

// cv::checkRange() is fast, but takes the largest float for infinity.
bool all_finite(const cv::Mat& m) {
  const auto* values = m.ptr<float>();
  return cv::checkRange(m) ||
         std::all_of(values, values + m.total(), [](float v) { return std::isfinite(v); });
}

// Collects boxes, without those that no one should see.
class collector {
public:
  explicit collector(const model_description& model) : model_(model) {}

  void add(std::size_t label, float confidence, float left, float top, float right, float bottom) {
    const bool sound = std::isfinite(left) && std::isfinite(top) && std::isfinite(right - left) &&
                       std::isfinite(bottom - top) && std::isfinite(confidence);
    if (!sound || label >= model_.labels.size())
      ++found_.broken;
    else if (right > left && bottom > top)
      found_.boxes.push_back(
          {label, std::min(confidence, 1.0F), {left, top, right - left, bottom - top}});
  }
  reading take() { return std::move(found_); }

private:
  const model_description& model_;
  reading found_;
};

// The expectation of a side's distribution over whole distances, in strides.
float distance(const float* bins, int count) {
  const float most = *std::max_element(bins, bins + count);
  float sum = 0;
  float weighted = 0;
  for (int i = 0; i < count; ++i) {
    const float share = std::exp(bins[i] - most);
    sum += share;
    weighted += share * static_cast<float>(i);
  }
  return weighted / sum;
}

reading read_nanodet(const model_description& model, const std::vector<cv::Mat>& outputs,
                     float confidence, const std::vector<bool>& wanted) {
  collector found(model);
  for (std::size_t head = 0; head < strides.size(); ++head) {
    const auto stride = static_cast<float>(strides[head]);
    const int columns = (model.width + strides[head] - 1) / strides[head];
    const auto& distances = outputs[head + strides.size()];
    const int classes = outputs[head].size[2];
    const int bins = distances.size[2] / sides;
    for (int cell = 0; cell < outputs[head].size[1]; ++cell) {
      const float* scores = outputs[head].ptr<float>(0, cell);
      for (int c = 0; c < classes; ++c) {
        if (!(scores[c] >= confidence) || !wanted[static_cast<std::size_t>(c)])
          continue;
        const float* side = distances.ptr<float>(0, cell);
        const int row = cell / columns;
        const float x = (static_cast<float>(cell % columns) + 0.5F) * stride;
        const float y = (static_cast<float>(row) + 0.5F) * stride;
        found.add(static_cast<std::size_t>(c), scores[c], x - distance(side, bins) * stride,
                  y - distance(side + bins, bins) * stride,
                  x + distance(side + 2 * bins, bins) * stride,
                  y + distance(side + 3 * bins, bins) * stride);
      }
    }
  }
  return found.take();
}

reading read_yolov8(const model_description& model, const std::vector<cv::Mat>& outputs,
                    float confidence, const std::vector<bool>& wanted) {
  collector found(model);
  const auto& m = outputs.front();
  const auto row = [&m](int i) { return m.ptr<float>(0, i); };
  for (std::size_t c = 0; c < wanted.size(); ++c) {
    if (!wanted[c])
      continue;
    const float* scores = row(sides + static_cast<int>(c));
    for (int i = 0; i < m.size[2]; ++i) {
      if (!(scores[i] >= confidence))
        continue;
      const float half_width = row(2)[i] / 2;
      const float half_height = row(3)[i] / 2;
      found.add(c, scores[i], row(0)[i] - half_width, row(1)[i] - half_height,
                row(0)[i] + half_width, row(1)[i] + half_height);
    }
  }
  return found.take();
}

reading read_ssd(const model_description& model, const std::vector<cv::Mat>& outputs,
                 float confidence, const std::vector<bool>& wanted) {
  collector found(model);
  const auto& m = outputs.front();
  const auto width = static_cast<float>(model.width);
  const auto height = static_cast<float>(model.height);
  for (int i = 0; i < m.size[2]; ++i) {
    const float* row = m.ptr<float>(0, 0, i);
    if (!(row[2] >= confidence)) // rows behind the last box are 0
      continue;
    const bool known = row[1] >= 0 && row[1] < static_cast<float>(model.labels.size());
    const auto label = known ? static_cast<std::size_t>(row[1]) : model.labels.size();
    if (!known || wanted[label])
      found.add(label, row[2], row[3] * width, row[4] * height, row[5] * width, row[6] * height);
  }
  return found.take();
}

} // namespace

std::vector<std::string> output_names(output_layout layout) {
  if (layout != output_layout::nanodet)
    return {};
  return {"cls8", "cls16", "cls32", "reg8", "reg16", "reg32"};
}

std::string wrong_outputs(const model_description& model, const std::vector<cv::Mat>& outputs) {
  std::string wrong = model.layout == output_layout::nanodet  ? wrong_nanodet(model, outputs)
                      : model.layout == output_layout::yolov8 ? wrong_yolov8(model, outputs)
                                                              : wrong_ssd(outputs);
  if (!wrong.empty())
    return wrong;
  for (const auto& m : outputs)
    if (!all_finite(m))
      return "the network answers with NaN or infinity; its file is damaged, export it anew";
  return {};
}

reading read_boxes(const model_description& model, const std::vector<cv::Mat>& outputs,
                   float confidence, const std::vector<bool>& wanted) {
  switch (model.layout) {
  case output_layout::nanodet:
    return read_nanodet(model, outputs, confidence, wanted);
  case output_layout::yolov8:
    return read_yolov8(model, outputs, confidence, wanted);
  case output_layout::ssd:
    break;
  }
  return read_ssd(model, outputs, confidence, wanted);
}

} // namespace monopod
