#include "programs/detector/observer.hpp"

#include "core/clock.hpp"
#include "programs/detector/limits.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <thread>

namespace monopod {

namespace {

// The tracker goes on with objects by detections that are less confident than what is told.
constexpr float tracked_from = 0.15F;

// More threads than processors would only wait for each other.
int threads_for(int wanted) {
  const auto processors = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
  return wanted > 0 ? std::min(wanted, processors) : processors;
}

} // namespace

std::vector<std::string> split_labels(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(",;+"), text.size());
    if (end > 0)
      all.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

std::string wrong_options(const observer_options& o) {
  if (!(o.confidence >= limits::least_confidence && o.confidence <= 1))
    return fmt::format("confidence must be {} to 1; 0.45 suits most uses",
                       limits::least_confidence);
  if (o.threads < 0 || o.threads > limits::network_threads)
    return fmt::format("threads must be 1 to {}, or 0 for one on each processor",
                       limits::network_threads);
  return {};
}

tl::expected<std::unique_ptr<observer>, std::string> observer::open(const observer_options& options,
                                                                    const void* code) {
  if (auto wrong = wrong_options(options); !wrong.empty())
    return tl::unexpected(std::move(wrong));
  auto path = find_model(options.model, model_folders(code));
  if (!path)
    return tl::unexpected(path.error());
  const auto confidence = static_cast<float>(options.confidence);
  auto found =
      detector::open({.model = std::move(*path),
                      .classes = options.classes,
                      .confidence = options.track ? std::min(confidence, tracked_from) : confidence,
                      .threads = threads_for(options.threads)});
  if (!found)
    return tl::unexpected(found.error());
  return std::unique_ptr<observer>(new observer(std::move(*found), options));
}

tl::expected<observation, std::string> observer::observe(const observed_frame& frame) {
  auto found = detector_->detect(frame.jpeg);
  if (!found)
    return tl::unexpected(found.error());
  const auto tracking_at_ns = boottime_ns();
  std::vector<std::uint64_t> ids(found->boxes.size());
  if (track_) {
    const auto width = static_cast<float>(found->width);
    const auto height = static_cast<float>(found->height);
    auto boxes = found->boxes;
    for (auto& b : boxes) // in pixels, so that the shape of a box is that of its object
      b.place = {b.place.x * width, b.place.y * height, b.place.width * width,
                 b.place.height * height};
    ids = trackers_.of(std::string(frame.camera), frame.stream).update(boxes, frame.captured_at_ns);
  }
  observation seen;
  const auto& labels = model().labels;
  for (std::size_t i = 0; i < found->boxes.size(); ++i)
    if (const auto& b = found->boxes[i]; b.confidence >= confidence_)
      seen.objects.push_back({&labels[b.label], b.confidence, b.place, ids[i]});
  seen.damage = std::move(found->damage);
  seen.before_ns = found->before_ns;
  seen.network_ns = found->network_ns;
  seen.after_ns = found->after_ns + (boottime_ns() - tracking_at_ns);
  return seen;
}

} // namespace monopod
