#include "actors/frames/inference_check.hpp"

#include "core/limits.hpp"

#include <flatbuffers/util.h>

#include <cmath>

namespace monopod {

namespace {

bool acceptable(const flatbuffers::String* text) {
  if (text == nullptr)
    return true;
  if (text->size() > limits::name_bytes)
    return false;
  const char* at = text->c_str();
  const char* const end = at + text->size();
  while (at < end)
    if (flatbuffers::FromUTF8(&at) < 0)
      return false;
  return at == end;
}

bool finite(const wire::Box& b) {
  return std::isfinite(b.x()) && std::isfinite(b.y()) && std::isfinite(b.width()) &&
         std::isfinite(b.height());
}

} // namespace

const char* inference_fault(const wire::Inference& inference) {
  if (!acceptable(inference.model()) || !acceptable(inference.revision()))
    return "model or revision is not UTF-8 of at most 64 bytes";
  if (inference.detections() == nullptr)
    return nullptr;
  if (inference.detections()->size() > limits::detections_per_frame)
    return "too many detections";
  for (const auto* d : *inference.detections()) {
    if (!acceptable(d->label()))
      return "a label is not UTF-8 of at most 64 bytes";
    if (!std::isfinite(d->confidence()) || (d->box() != nullptr && !finite(*d->box())))
      return "a confidence or box is not a finite number";
  }
  return nullptr;
}

} // namespace monopod
