// monopod-nanodet.so: the detector as a vision plug-in.
#include "programs/detector/observer.hpp"
#include "schemas/vision_plugin.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace monopod;

// One instance, used by one thread.
struct instance {
  std::unique_ptr<observer> eye;
  // What the last answer points to.
  observation seen;
  std::vector<monopod_vision_detection> detections;
};

// Writes a sentence into the caller's buffer, cut to its size.
void tell(const std::string& text, char* problem, size_t problem_bytes) {
  if (problem == nullptr || problem_bytes == 0)
    return;
  const auto length = std::min(text.size(), problem_bytes - 1);
  std::memcpy(problem, text.data(), length);
  problem[length] = '\0';
}

// A number that is the whole of the text. Nothing else is written to `to`.
template <class Number>
bool number(std::string_view text, Number& to) {
  const auto* end = text.data() + text.size();
  Number value{};
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end)
    return false;
  to = value;
  return true;
}

// Takes one option; returns what is wrong with it, or nothing.
std::string take(std::string_view key, std::string_view value, observer_options& options) {
  if (key == "model") {
    options.model = value;
  } else if (key == "classes") {
    options.classes = split_labels(value);
  } else if (key == "confidence") {
    if (!number(value, options.confidence))
      return "confidence must be a number; write confidence=0.45";
  } else if (key == "threads") {
    if (!number(value, options.threads))
      return "threads must be a whole number; write threads=2";
  } else if (key == "track") {
    if (value != "yes" && value != "no")
      return "track must be yes or no; write track=yes";
    options.track = value == "yes";
  } else {
    return "unknown option " + std::string(key) +
           "; known ones are model, classes, confidence, threads and track";
  }
  return {};
}

void* open(const monopod_vision_option* given, size_t count, char* problem, size_t problem_bytes) {
  try {
    observer_options options;
    for (size_t i = 0; i < count; ++i)
      if (const auto wrong = take(given[i].key, given[i].value, options); !wrong.empty()) {
        tell(wrong, problem, problem_bytes);
        return nullptr;
      }
    auto eye = observer::open(options, reinterpret_cast<const void*>(&monopod_vision_plugin));
    if (!eye) {
      tell(eye.error(), problem, problem_bytes);
      return nullptr;
    }
    return std::make_unique<instance>(instance{std::move(*eye), {}, {}}).release();
  } catch (const std::exception& e) {
    tell(e.what(), problem, problem_bytes);
    return nullptr;
  }
}

int detect(void* opened, const monopod_vision_frame* frame, monopod_vision_answer* answer,
           char* problem, size_t problem_bytes) {
  try {
    auto& it = *static_cast<instance*>(opened);
    auto seen =
        it.eye->observe({frame->camera,
                         frame->stream,
                         frame->captured_at_ns,
                         {reinterpret_cast<const std::byte*>(frame->jpeg), frame->jpeg_bytes}});
    if (!seen) {
      tell(seen.error(), problem, problem_bytes);
      return 1;
    }
    it.seen = std::move(*seen);
    it.detections.clear();
    for (const auto& o : it.seen.objects)
      it.detections.push_back({o.label->c_str(), o.confidence, o.place.x, o.place.y, o.place.width,
                               o.place.height, o.track_id});
    const auto& model = it.eye->model();
    answer->model = model.name.c_str();
    answer->revision = model.revision.empty() ? nullptr : model.revision.c_str();
    answer->detections = it.detections.data();
    answer->count = it.detections.size();
    return 0;
  } catch (const std::exception& e) {
    tell(e.what(), problem, problem_bytes);
    return 1;
  }
}

void close(void* opened) { std::unique_ptr<instance>(static_cast<instance*>(opened)).reset(); }

} // namespace

extern "C" [[gnu::visibility("default")]] const monopod_vision_functions*
monopod_vision_plugin(void) {
  static const monopod_vision_functions functions{MONOPOD_VISION_VERSION, open, detect, close};
  return &functions;
}
