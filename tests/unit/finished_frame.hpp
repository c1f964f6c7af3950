// Finished frames as the ledger hands them to a cloud stage.
#pragma once

#include "core/aligned.hpp"
#include "core/payload.hpp"
#include "schemas/codec.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

/// A frame of stream 1 that the application "people" has finished, without detections.
inline wire::FinishedT finished_frame(const std::string& camera, std::uint64_t seq) {
  wire::FinishedT f;
  f.camera = camera;
  f.stream = 1;
  f.seq = seq;
  f.app = "people";
  f.inference = std::make_unique<wire::InferenceT>();
  return f;
}

/// The frame as an aligned op of epoch 7.
inline payload packed(const wire::FinishedT& f) {
  flatbuffers::FlatBufferBuilder b;
  const auto op = finish_op(b, f.seq, 7, wire::CreateFinished(b, &f));
  auto aligned = std::make_shared<std::vector<std::uint64_t>>();
  const auto bytes = copy_aligned(std::as_bytes(op), *aligned);
  return {std::move(aligned), bytes};
}

} // namespace monopod
