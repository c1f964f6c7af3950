// Reads and writes the messages of every conversation. The only place that verifies and finishes
// buffers.
#pragma once

#include "schemas/app_generated.h"
#include "schemas/camera_generated.h"
#include "schemas/ledger_generated.h"
#include "schemas/outbox_generated.h"
#include "schemas/pipeline_generated.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace monopod {

/// The verified root of `bytes`, which must be 8-byte aligned and outlive the result; null if the
/// bytes are not a valid `Root` with its file identifier. The work is bounded, since FlatBuffers'
/// Verifier limits nesting and the number of tables.
template <class Root>
const Root* decode(std::span<const std::byte> bytes, const char* identifier,
                   flatbuffers::uoffset_t max_tables = 2048) {
  constexpr flatbuffers::uoffset_t max_depth = 16;
  // The shortest buffer is a root offset and an identifier.
  if (bytes.size() < sizeof(flatbuffers::uoffset_t) + flatbuffers::kFileIdentifierLength)
    return nullptr;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size(), max_depth, max_tables);
  return verifier.VerifyBuffer<Root>(identifier) ? flatbuffers::GetRoot<Root>(data) : nullptr;
}

inline const wire::CameraMessage* decode_camera(std::span<const std::byte> bytes) {
  return decode<wire::CameraMessage>(bytes, wire::CameraMessageIdentifier());
}
inline const wire::PipelineMessage* decode_pipeline(std::span<const std::byte> bytes) {
  return decode<wire::PipelineMessage>(bytes, wire::PipelineMessageIdentifier());
}
inline const wire::AppMessage* decode_app(std::span<const std::byte> bytes) {
  return decode<wire::AppMessage>(bytes, wire::AppMessageIdentifier());
}
inline const wire::OutboxMessage* decode_outbox(std::span<const std::byte> bytes) {
  return decode<wire::OutboxMessage>(bytes, wire::OutboxMessageIdentifier());
}
/// Null also for a kind of op that this version does not know: the verifier lets it pass, but it
/// can't be applied.
inline const wire::Op* decode_op(std::span<const std::byte> bytes) {
  const auto* op = decode<wire::Op>(bytes, wire::OpIdentifier());
  const bool known =
      op != nullptr && op->body_type() > wire::OpBody::NONE && op->body_type() <= wire::OpBody::MAX;
  return known ? op : nullptr;
}
/// The finished bytes of `builder`, valid until it is used again.
inline std::span<const std::uint8_t> bytes_of(const flatbuffers::FlatBufferBuilder& builder) {
  return {builder.GetBufferPointer(), builder.GetSize()};
}

/// Wraps `body` as a message of its conversation and finishes the buffer. Clear() the builder
/// before the next message.
template <class Body>
std::span<const std::uint8_t> finish_camera(flatbuffers::FlatBufferBuilder& b, std::uint64_t epoch,
                                            flatbuffers::Offset<Body> body) {
  wire::FinishCameraMessageBuffer(
      b,
      wire::CreateCameraMessage(b, epoch, wire::CameraBodyTraits<Body>::enum_value, body.Union()));
  return bytes_of(b);
}
template <class Body>
std::span<const std::uint8_t> finish_pipeline(flatbuffers::FlatBufferBuilder& b,
                                              std::uint64_t epoch, flatbuffers::Offset<Body> body) {
  wire::FinishPipelineMessageBuffer(
      b, wire::CreatePipelineMessage(b, epoch, wire::PipelineBodyTraits<Body>::enum_value,
                                     body.Union()));
  return bytes_of(b);
}
template <class Body>
std::span<const std::uint8_t> finish_app(flatbuffers::FlatBufferBuilder& b, std::uint64_t epoch,
                                         flatbuffers::Offset<Body> body) {
  wire::FinishAppMessageBuffer(
      b, wire::CreateAppMessage(b, epoch, wire::AppBodyTraits<Body>::enum_value, body.Union()));
  return bytes_of(b);
}
template <class Body>
std::span<const std::uint8_t> finish_outbox(flatbuffers::FlatBufferBuilder& b, std::uint64_t epoch,
                                            flatbuffers::Offset<Body> body) {
  wire::FinishOutboxMessageBuffer(
      b,
      wire::CreateOutboxMessage(b, epoch, wire::OutboxBodyTraits<Body>::enum_value, body.Union()));
  return bytes_of(b);
}
template <class Body>
std::span<const std::uint8_t> finish_op(flatbuffers::FlatBufferBuilder& b, std::uint64_t index,
                                        std::uint64_t epoch, flatbuffers::Offset<Body> body) {
  wire::FinishOpBuffer(
      b, wire::CreateOp(b, index, epoch, wire::OpBodyTraits<Body>::enum_value, body.Union()));
  return bytes_of(b);
}

/// Copies detections into a buffer under construction, without unpacking them. `choose` gets the
/// index of each and a list for the names of its zones, and returns whether it is copied.
template <class Choose>
flatbuffers::Offset<wire::Inference> copy_inference(flatbuffers::FlatBufferBuilder& b,
                                                    const wire::Inference& from, Choose choose) {
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Detection>>> detections;
  if (const auto* list = from.detections()) {
    std::vector<flatbuffers::Offset<wire::Detection>> copies;
    copies.reserve(list->size());
    std::vector<std::string_view> names;
    std::vector<flatbuffers::Offset<flatbuffers::String>> zones;
    for (flatbuffers::uoffset_t i = 0; i < list->size(); ++i) {
      names.clear();
      if (!choose(i, names))
        continue;
      const auto* d = list->Get(i);
      zones.clear();
      for (const auto name : names)
        zones.push_back(b.CreateSharedString(name.data(), name.size()));
      const auto zones_offset = zones.empty() ? 0 : b.CreateVector(zones);
      const auto label = b.CreateString(d->label());
      copies.push_back(
          wire::CreateDetection(b, label, d->confidence(), d->box(), d->track_id(), zones_offset));
    }
    detections = b.CreateVector(copies);
  }
  const auto model = b.CreateString(from.model());
  const auto revision = from.revision() == nullptr ? 0 : b.CreateString(from.revision());
  return wire::CreateInference(b, model, revision, from.processing_ns(), detections);
}

/// Copies all detections, with the zones that they have.
inline flatbuffers::Offset<wire::Inference> copy_inference(flatbuffers::FlatBufferBuilder& b,
                                                           const wire::Inference& from) {
  return copy_inference(b, from, [&from](auto i, std::vector<std::string_view>& zones) {
    if (const auto* known = from.detections()->Get(i)->zones())
      for (const auto* name : *known)
        zones.push_back(name->string_view());
    return true;
  });
}

inline std::string_view view(const flatbuffers::String* s) {
  return s == nullptr ? std::string_view{} : s->string_view();
}

} // namespace monopod
