#include "actors/vision/plugin_worker.hpp"

#include "actors/vision/vision_plugin.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <flatbuffers/util.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <filesystem>
#include <string_view>
#include <utility>

namespace monopod {

namespace {

using problem_text = std::array<char, limits::plugin_problem_bytes>;

// The sentence that a plug-in wrote. The plug-in may have left out the terminating zero. One that
// fills the buffer was probably cut.
std::string read(problem_text& text, const char* otherwise) {
  text.back() = '\0';
  std::string said = text.data();
  if (said.size() + 1 == text.size())
    said.replace(said.size() - 3, 3, "...");
  return said.empty() ? otherwise : printable(said, text.size());
}

// Calls into the plug-in; what it throws becomes the problem. Returns false then.
template <class F>
bool guarded(problem_text& text, F&& call) {
  const char* what = "it threw something that is no std::exception";
  try {
    std::forward<F>(call)();
    return true;
  } catch (const std::exception& e) {
    what = e.what();
    std::string_view(what).copy(text.data(), text.size() - 1);
  } catch (...) {
    std::string_view(what).copy(text.data(), text.size() - 1);
  }
  return false;
}

// The longest beginning of at most limits::name_bytes that is UTF-8.
std::string_view sound_text(const char* text) {
  const char* at = text;
  const char* const end = text + strnlen(text, limits::name_bytes);
  while (at < end) {
    const char* next = at;
    if (flatbuffers::FromUTF8(&next) < 0 || next > end)
      break;
    at = next;
  }
  return {text, at};
}

// The part of the box that lies inside the picture.
wire::Box clipped(const monopod_vision_detection& d) {
  const auto left = std::clamp(d.x, 0.0F, 1.0F);
  const auto top = std::clamp(d.y, 0.0F, 1.0F);
  return {left, top, std::clamp(d.x + d.width, left, 1.0F) - left,
          std::clamp(d.y + d.height, top, 1.0F) - top};
}

bool finite(const monopod_vision_detection& d) {
  return std::isfinite(d.confidence) && std::isfinite(d.x) && std::isfinite(d.y) &&
         std::isfinite(d.width) && std::isfinite(d.height);
}

flatbuffers::Offset<wire::Detection> encode(flatbuffers::FlatBufferBuilder& b,
                                            const monopod_vision_detection& d) {
  const auto text = sound_text(d.label == nullptr ? "" : d.label);
  const auto label = b.CreateString(text.data(), text.size());
  const auto box = clipped(d);
  const bool whole_picture = d.width <= 0 && d.height <= 0;
  return wire::CreateDetection(b, label, std::clamp(d.confidence, 0.0F, 1.0F),
                               whole_picture ? nullptr : &box, d.track_id);
}

} // namespace

plugin_worker::plugin_worker(std::string app, const vision_config& conf, metrics& metrics)
    : app_(std::move(app)), name_(std::filesystem::path(conf.plugin).stem().string()),
      failures_(metrics.vision_failures(app_)) {
  open(conf);
  if (instance_ != nullptr)
    log_info("vision", "plug-in is open", {{"app", app_}, {"plugin", conf.plugin}});
  else
    log_error("vision", "no frame is looked at", {{"app", app_}, {"problem", problem_}});
}

plugin_worker::~plugin_worker() {
  problem_text text{};
  if (instance_ != nullptr && !guarded(text, [this] { functions_->close(instance_); }))
    log_warn("vision", "the plug-in threw an exception in close()",
             {{"app", app_}, {"problem", read(text, "no reason given")}});
}

void plugin_worker::open(const vision_config& conf) {
  auto loaded = load_plugin(conf.plugin);
  if (!loaded) {
    problem_ = loaded.error().what + "; " + loaded.error().remedy;
    return;
  }
  functions_ = *loaded;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& o : conf.options)
    pairs.emplace_back(o.substr(0, o.find('=')), o.substr(o.find('=') + 1));
  std::vector<monopod_vision_option> options;
  options.reserve(pairs.size());
  for (const auto& [key, value] : pairs)
    options.push_back({key.c_str(), value.c_str()});
  problem_text text{};
  guarded(text, [&] {
    instance_ = functions_->open(options.data(), options.size(), text.data(), text.size());
  });
  if (instance_ == nullptr)
    problem_ = "the plug-in can't be opened: " + read(text, "it gives no reason") +
               "; mend vision." + app_ + ".options or what they name, then restart the node";
}

std::uint64_t plugin_worker::look(const vision_frame& f) {
  answer_ = {};
  if (instance_ == nullptr) {
    failures_.Increment();
    return 0;
  }
  const auto bytes = f.body.bytes();
  const monopod_vision_frame frame{reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                   bytes.size(),
                                   f.camera.c_str(),
                                   f.stream,
                                   f.seq,
                                   f.captured_at_ns};
  problem_text text{};
  int code = 1;
  const bool returned = guarded(text, [&] {
    code = functions_->detect(instance_, &frame, &answer_, text.data(), text.size());
  });
  if (returned && code == 0) {
    problem_.clear();
    return 0;
  }
  answer_ = {};
  failed("camera " + f.camera + ": " + read(text, "the plug-in gives no reason"));
  return 0;
}

void plugin_worker::failed(std::string why) {
  failures_.Increment();
  log_limited(log_level::warn, "vision", "a frame could not be looked at",
              {{"app", app_}, {"problem", why}});
  problem_ = "the last frame could not be looked at: " + std::move(why);
}

flatbuffers::Offset<wire::Inference> plugin_worker::answer(flatbuffers::FlatBufferBuilder& b,
                                                           std::uint64_t processing_ns) {
  std::vector<flatbuffers::Offset<wire::Detection>> found;
  const auto count =
      answer_.detections == nullptr ? 0 : std::min(answer_.count, limits::detections_per_frame);
  std::size_t nonsense = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (finite(answer_.detections[i]))
      found.push_back(encode(b, answer_.detections[i]));
    else
      ++nonsense;
  if (nonsense > 0)
    log_limited(log_level::warn, "vision", "detections that are not finite numbers are left out",
                {{"app", app_}, {"detections", nonsense}});
  const auto text = sound_text(answer_.model == nullptr ? name_.c_str() : answer_.model);
  const auto model = b.CreateString(text.data(), text.size());
  flatbuffers::Offset<flatbuffers::String> revision;
  if (answer_.revision != nullptr) {
    const auto words = sound_text(answer_.revision);
    revision = b.CreateString(words.data(), words.size());
  }
  return wire::CreateInference(b, model, revision, processing_ns, b.CreateVector(found));
}

std::string plugin_worker::problem() const {
  return problem_.empty() ? "" : "vision." + app_ + ": " + problem_;
}

} // namespace monopod
