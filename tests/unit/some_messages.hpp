// One of each message between replicas, and what they hold; for tests and fuzz targets of its
// bytes.
#pragma once

#include "replication/peer.hpp"
#include "schemas/codec.hpp"
#include "tests/unit/some_view.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

/// A result with that index.
inline op_bytes some_op(std::uint64_t index) {
  flatbuffers::FlatBufferBuilder b;
  const auto inference = wire::CreateInferenceDirect(b, "model", "1", 2);
  const auto body =
      wire::CreateFinishedDirect(b, "cam", 1, index, "app", index, 1, 2, 3, 4, 5, inference);
  const auto bytes = finish_op(b, index, 2, body);
  return std::make_shared<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end());
}

/// Of a ledger after three ops, and two more.
inline peer::snapshot some_snapshot() {
  ledger state(std::map<std::string, std::size_t>{{"local", 8}});
  std::deque<ledger::entry> entries;
  for (std::uint64_t index = 1; index <= 3; ++index) {
    const auto op = some_op(index);
    state.apply(*wire::GetOp(op->data()), op);
    entries.push_back({index, op});
  }
  return {.epoch = 2,
          .session = 1,
          .incarnation = 7,
          .state = std::make_shared<const std::vector<std::uint8_t>>(state.snapshot()),
          .entries = std::make_shared<const std::deque<ledger::entry>>(std::move(entries)),
          .tail = {some_op(4), some_op(5)}};
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
          some_snapshot(),
          peer::append{1, 0, 7, 4, {some_op(4), some_op(5)}, 3},
          peer::append{1, 2, 7, 6, {}, 5},
          peer::ack{1, 2, 3}};
}

} // namespace monopod
