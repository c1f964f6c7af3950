#include "core/aligned.hpp"
#include "core/limits.hpp"
#include "replication/packing.hpp"
#include "replication/peer_codec.hpp"
#include "replication/peer_shapes.hpp"
#include "replication/view_codec.hpp"
#include "schemas/codec.hpp"
#include "schemas/peer_generated.h"

#include <utility>

namespace monopod {

namespace {

using codec::out_of_bounds;
using codec::read;

op_bytes copy(const flatbuffers::Vector<std::uint8_t>& from) {
  return std::make_shared<const std::vector<std::uint8_t>>(from.begin(), from.end());
}

op_bytes read_op(const wire::OpBytes& from) {
  auto bytes = copy(*from.bytes());
  if (decode_op(std::as_bytes(std::span(*bytes))) == nullptr)
    throw out_of_bounds();
  return bytes;
}

std::uint64_t index_of(const op_bytes& op) { return wire::GetOp(op->data())->index(); }

std::vector<op_bytes>
read_ops(const flatbuffers::Vector<flatbuffers::Offset<wire::OpBytes>>& from) {
  if (from.size() > limits::group_append_ops)
    throw out_of_bounds();
  std::vector<op_bytes> ops;
  for (const auto* item : from) {
    ops.push_back(read_op(*item));
    if (index_of(ops.back()) != index_of(ops.front()) + ops.size() - 1)
      throw out_of_bounds();
  }
  return ops;
}

peer::snapshot_piece read(const wire::SnapshotPiece& m) {
  peer::snapshot_piece p{.epoch = m.epoch(),
                         .session = m.session(),
                         .incarnation = m.incarnation(),
                         .number = m.number(),
                         .last = m.last(),
                         .state = {},
                         .entries = {}};
  if (m.state() != nullptr)
    p.state.assign(m.state()->begin(), m.state()->end());
  if (m.entries() == nullptr)
    return p;
  if (m.entries()->size() > limits::group_append_ops)
    throw out_of_bounds();
  for (const auto* item : *m.entries()) {
    p.entries.push_back(read_op(*item));
    const auto& op = *wire::GetOp(p.entries.back()->data());
    const auto* result = op.body_as_Finished();
    const bool is_result = result != nullptr && result->inference() != nullptr;
    if (!is_result && op.body_as_FrameTaken() == nullptr)
      throw out_of_bounds();
  }
  return p;
}

peer::append read(const wire::Append& m) {
  peer::append a{.epoch = m.epoch(),
                 .session = m.session(),
                 .incarnation = m.incarnation(),
                 .first = m.first(),
                 .ops = read_ops(*m.ops()),
                 .commit = m.commit()};
  if (a.first == 0 || (!a.ops.empty() && index_of(a.ops.front()) != a.first))
    throw out_of_bounds();
  return a;
}

peer::message read_register(const wire::PeerMessage& from) {
  if (const auto* m = from.body_as_Looked())
    return peer::looked{m->voter_id(),
                        read(*m->accepted()),
                        read(m->value()),
                        read(m->decided()),
                        {m->last_epoch(), m->last_index()}};
  if (const auto* m = from.body_as_Prepare())
    return peer::prepare{m->voter_id(), read(*m->number())};
  if (const auto* m = from.body_as_Promised())
    return peer::promised{m->voter_id(), read(*m->number()), read(*m->accepted()),
                          read(m->value())};
  if (const auto* m = from.body_as_Accept())
    return peer::accept{m->voter_id(), read(*m->number()), read(m->value())};
  if (const auto* m = from.body_as_Accepted())
    return peer::accepted{m->voter_id(), read(*m->number())};
  if (const auto* m = from.body_as_BallotRefused())
    return peer::refused{m->voter_id(), read(*m->number()), read(*m->promise())};
  if (const auto* m = from.body_as_Decided())
    return peer::decided{read(m->value())};
  if (from.body_as_Look() != nullptr)
    return peer::look{};
  throw out_of_bounds(); // a kind of a later version
}

peer::message read(const wire::PeerMessage& from) {
  if (const auto* m = from.body_as_Beat())
    return peer::beat{m->epoch(), m->number(), m->commit()};
  if (const auto* m = from.body_as_BeatAnswer())
    return peer::beat_answer{m->epoch(), m->number(), m->version()};
  if (const auto* m = from.body_as_Append())
    return read(*m);
  if (const auto* m = from.body_as_Appended())
    return peer::ack{m->epoch(), m->session(), m->index()};
  if (const auto* m = from.body_as_StepDown())
    return peer::step_down{m->epoch()};
  if (const auto* m = from.body_as_Stale())
    return peer::stale{m->epoch()};
  if (const auto* m = from.body_as_Join())
    return peer::join{m->voter_id(), m->holds_ledger()};
  if (from.body_as_Leave() != nullptr)
    return peer::leave{};
  if (const auto* m = from.body_as_SnapshotPiece())
    return read(*m);
  if (const auto* m = from.body_as_PiecesTaken())
    return peer::pieces_taken{m->epoch(), m->session(), m->pieces()};
  return read_register(from);
}

} // namespace

std::optional<peer_message> decode_peer(std::span<const std::byte> bytes) {
  constexpr auto tables = 64 + limits::group_append_ops;
  if (bytes.size() < 2 || bytes.size() > limits::peer_message_bytes)
    return std::nullopt;
  const auto first = std::to_integer<std::uint8_t>(bytes.front());
  std::vector<std::uint64_t> plain;
  if (first == as_it_is)
    copy_aligned(bytes.subspan(1), plain);
  else if (auto unpacked = unpack(bytes.subspan(1), shape_of(static_cast<wire::PeerBody>(first)),
                                  limits::peer_message_bytes))
    plain = std::move(*unpacked);
  else
    return std::nullopt;
  const auto* message = decode<wire::PeerMessage>(std::as_bytes(std::span(plain)),
                                                  wire::PeerMessageIdentifier(), tables);
  if (message == nullptr)
    return std::nullopt;
  try {
    return peer_message{read(*message->from()), read(*message), message->group()};
  } catch (const out_of_bounds&) {
    return std::nullopt;
  }
}

} // namespace monopod
