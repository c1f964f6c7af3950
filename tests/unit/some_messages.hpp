// At least one of each message between replicas, and its parts, for tests and fuzz targets of the
// encoding.
#pragma once

#include "replication/peer.hpp"
#include "schemas/codec.hpp"
#include "tests/unit/some_view.hpp"

#include <memory>
#include <string>
#include <vector>

namespace monopod {

/// A result with this index.
inline op_bytes some_op(std::uint64_t index) {
  flatbuffers::FlatBufferBuilder b;
  const auto inference = wire::CreateInferenceDirect(b, "model", "1", 2);
  const auto body =
      wire::CreateFinishedDirect(b, "cam", 1, index, "app", index, 1, 2, 3, 4, 5, inference);
  const auto bytes = finish_op(b, index, 2, body);
  return std::make_shared<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end());
}

/// At least one of each kind, no two alike.
inline std::vector<peer::message> some_messages() {
  const ballot one{1, "a", 1};
  const ballot two{2, "b", 7};
  return {peer::look{},
          peer::looked{},
          peer::looked{11, one, some_view(1), some_view(2), {3, 4}},
          peer::prepare{11, two},
          peer::promised{11, two, one, some_view(1)},
          peer::promised{11, two, {}, nullptr},
          peer::accept{11, two, some_view(2)},
          peer::accepted{11, two},
          peer::refused{11, one, two},
          peer::decided{some_view(3)},
          peer::beat{1, 2, 3},
          peer::beat_answer{1, 2, 3},
          peer::step_down{4},
          peer::stale{5},
          peer::join{11, false},
          peer::join{11, true},
          peer::leave{},
          peer::snapshot_piece{2, 1, 7, 0, false, {1, 2, 3}, {}},
          peer::snapshot_piece{2, 1, 7, 1, false, {4}, {some_op(1)}},
          peer::snapshot_piece{2, 1, 7, 2, true, {}, {some_op(2), some_op(4)}},
          peer::pieces_taken{2, 1, 2},
          peer::append{1, 0, 7, 4, {some_op(4), some_op(5)}, 3},
          peer::append{1, 2, 7, 6, {}, 5},
          peer::ack{1, 2, 3}};
}

} // namespace monopod
