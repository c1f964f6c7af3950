#include "programs/detector/detector.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"
#include "programs/detector/network_file.hpp"
#include "programs/detector/network_input.hpp"
#include "programs/detector/network_output.hpp"
#include "programs/detector/opencv_threads.hpp"
#include "programs/detector/picture.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <opencv2/core/utility.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <optional>

namespace monopod {

namespace {

constexpr float overlap_of_one_object = 0.5F; // boxes that overlap by more stand for one object

// Errors arrive as exceptions; OpenCV would also print them, with lines of its own sources.
void keep_opencv_quiet() {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
}

std::string reason(const cv::Exception& e) {
  std::string text = e.err.substr(0, 200);
  std::ranges::replace(text, '\n', ' ');
  while (text.ends_with('.') || text.ends_with(' '))
    text.pop_back();
  return text;
}

// Which labels are looked for. The error names those that there are.
tl::expected<std::vector<bool>, std::string> wanted(const model_description& model,
                                                    const std::vector<std::string>& classes) {
  std::vector<bool> all(model.labels.size(), classes.empty());
  for (const auto& name : classes) {
    bool known = false;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (model.labels[i] == name)
        all[i] = known = true;
    if (!known)
      return tl::unexpected(fmt::format("model {} has no class \"{}\"; it has {}", model.name, name,
                                        fmt::join(model.labels, ", ")));
  }
  return all;
}

} // namespace

struct detector::parts {
  explicit parts(model_description m) : model(std::move(m)), input(model) {}

  // Runs the network on what input holds.
  const std::vector<cv::Mat>& forward() {
    const auto turn = opencv_turn();
    network.setInput(input.blob());
    network.forward(outputs, names);
    return outputs;
  }

  model_description model;
  network_input input;
  picture_decoder decoder;
  cv::dnn::Net network;
  std::vector<std::string> names;
  std::vector<bool> classes;
  float confidence = 0;
  std::vector<cv::Mat> outputs;
};

namespace {

// The outputs that are read, or what the network lacks.
tl::expected<std::vector<std::string>, std::string> outputs_of(const cv::dnn::Net& network,
                                                               output_layout layout) {
  const auto there = network.getUnconnectedOutLayersNames();
  const auto names = output_names(layout);
  if (names.empty() && there.size() == 1)
    return there;
  const bool all = std::ranges::all_of(names, [&there](const std::string& name) {
    return std::ranges::find(there, name) != there.end();
  });
  if (names.empty() || !all)
    return tl::unexpected(fmt::format("its outputs are {}; `layout` must be that of the network",
                                      fmt::join(there, ", ")));
  return names;
}

} // namespace

detector::detector(std::unique_ptr<parts> all) : parts_(std::move(all)) {}
detector::~detector() = default;
const model_description& detector::model() const { return parts_->model; }

tl::expected<std::unique_ptr<detector>, std::string>
detector::open(const detector_options& options) {
  auto model = read_model(options.model);
  if (!model)
    return tl::unexpected(model.error());
  auto classes = wanted(*model, options.classes);
  if (!classes)
    return tl::unexpected(classes.error());
  keep_opencv_quiet();
  auto all = std::make_unique<parts>(std::move(*model));
  const auto failed = [&all](const std::string& why) {
    return tl::unexpected("network " + all->model.file.string() + ": " + why);
  };
  all->classes = std::move(*classes);
  all->confidence = options.confidence;
  use_opencv_threads(options.threads);
  try {
    {
      const auto content = read_network(all->model.file);
      if (!content)
        return tl::unexpected(content.error());
      all->network =
          cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(content->data()), content->size());
    }
    if (all->network.empty())
      return failed("is not ONNX; export the network anew");
    all->network.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    auto names = outputs_of(all->network, all->model.layout);
    if (!names)
      return failed(names.error());
    all->names = std::move(*names);
    all->input.fill(cv::Mat(1, 1, CV_8UC3, cv::Scalar::all(128)));
    if (const auto wrong = wrong_outputs(all->model, all->forward()); !wrong.empty())
      return failed(wrong);
  } catch (const cv::Exception& e) {
    return failed("OpenCV can't use it: " + reason(e) +
                  "; export it with float32 weights, a fixed input size and opset 11 or 12");
  }
  return std::unique_ptr<detector>(new detector(std::move(all)));
}

tl::expected<findings, std::string> detector::detect(std::span<const std::byte> jpeg) {
  auto& p = *parts_;
  const auto began_ns = boottime_ns();
  try {
    auto picture = p.decoder.decode(jpeg, p.model.width, p.model.height);
    if (!picture)
      return tl::unexpected(picture.error());
    const auto place = p.input.fill(picture->pixels);
    const auto filled_ns = boottime_ns();
    const auto& outputs = p.forward();
    const auto passed_ns = boottime_ns();
    if (const auto wrong = wrong_outputs(p.model, outputs); !wrong.empty())
      return tl::unexpected(wrong);
    auto read = read_boxes(p.model, outputs, p.confidence, p.classes);
    findings found{suppress(std::move(read.boxes), overlap_of_one_object),
                   picture->width,
                   picture->height,
                   std::move(picture->damage),
                   filled_ns - began_ns,
                   passed_ns - filled_ns,
                   0};
    for (auto& b : found.boxes)
      b.place = place.to_picture(b.place);
    std::erase_if(found.boxes, [](const found_box& b) {
      return b.place.width <= 0 || b.place.height <= 0; // it lay outside of the picture
    });
    if (found.boxes.size() > limits::detections_per_frame)
      found.boxes.resize(limits::detections_per_frame);
    found.after_ns = boottime_ns() - passed_ns;
    return found;
  } catch (const cv::Exception& e) {
    return tl::unexpected("OpenCV can't look at it: " + reason(e));
  }
}

} // namespace monopod
