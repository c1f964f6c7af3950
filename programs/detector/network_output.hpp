// The meaning of a network's outputs, for each layout.
#pragma once

#include "programs/detector/boxes.hpp"
#include "programs/detector/model_file.hpp"

#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

namespace monopod {

/// The names of the outputs that are read, in the order in which read_boxes() wants them. Empty:
/// the only one that the network has, whatever its name. Pure.
std::vector<std::string> output_names(output_layout layout);

/// Why these outputs do not fit the model, for people with a remedy; empty if they do. Checks their
/// shapes, the number of labels, and that all numbers are finite. Pure.
std::string wrong_outputs(const model_description& model, const std::vector<cv::Mat>& outputs);

struct reading {
  std::vector<found_box> boxes; // in pixels of the network's input; finite
  std::size_t broken = 0;       // boxes that were left out: no number, or a class without label
};

/// The boxes of at least this confidence, of the classes that are `wanted` (one entry for each
/// label). The outputs must have the shapes that wrong_outputs() accepts. Pure.
reading read_boxes(const model_description& model, const std::vector<cv::Mat>& outputs,
                   float confidence, const std::vector<bool>& wanted);

} // namespace monopod
