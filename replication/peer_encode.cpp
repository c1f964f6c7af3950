#include "core/limits.hpp"
#include "replication/packing.hpp"
#include "replication/peer_codec.hpp"
#include "replication/peer_shapes.hpp"
#include "replication/view_codec.hpp"
#include "schemas/codec.hpp"
#include "schemas/peer_generated.h"

#include <flatbuffers/hash.h>

namespace monopod {

namespace {

using builder = flatbuffers::FlatBufferBuilder;
using codec::offset;
using codec::write;

// A buffer inside a buffer keeps its alignment.
offset<flatbuffers::Vector<std::uint8_t>> write(builder& b, const op_bytes& bytes) {
  b.ForceVectorAlignment(bytes->size(), sizeof(std::uint8_t), 8);
  return b.CreateVector(*bytes);
}

offset<flatbuffers::Vector<offset<wire::OpBytes>>> write_ops(builder& b,
                                                             const std::vector<op_bytes>& list) {
  std::vector<offset<wire::OpBytes>> ops;
  ops.reserve(list.size());
  for (const auto& op : list)
    ops.push_back(wire::CreateOpBytes(b, write(b, op)));
  return b.CreateVector(ops);
}

offset<wire::Look> body(builder& b, const peer::look&) { return wire::CreateLook(b); }
offset<wire::Looked> body(builder& b, const peer::looked& m) {
  const auto accepted = write(b, m.accepted);
  const auto value = write(b, m.value);
  const auto decided = write(b, m.decided);
  return wire::CreateLooked(b, m.voter_id, accepted, value, decided, m.last.epoch, m.last.index);
}
offset<wire::Prepare> body(builder& b, const peer::prepare& m) {
  return wire::CreatePrepare(b, m.voter_id, write(b, m.number));
}
offset<wire::Promised> body(builder& b, const peer::promised& m) {
  const auto number = write(b, m.number);
  const auto accepted = write(b, m.accepted);
  return wire::CreatePromised(b, m.voter_id, number, accepted, write(b, m.value));
}
offset<wire::Accept> body(builder& b, const peer::accept& m) {
  const auto number = write(b, m.number);
  return wire::CreateAccept(b, m.voter_id, number, write(b, m.value));
}
offset<wire::Accepted> body(builder& b, const peer::accepted& m) {
  return wire::CreateAccepted(b, m.voter_id, write(b, m.number));
}
offset<wire::BallotRefused> body(builder& b, const peer::refused& m) {
  const auto number = write(b, m.number);
  return wire::CreateBallotRefused(b, m.voter_id, number, write(b, m.promise));
}
offset<wire::Decided> body(builder& b, const peer::decided& m) {
  return wire::CreateDecided(b, write(b, m.value));
}
offset<wire::Beat> body(builder& b, const peer::beat& m) {
  return wire::CreateBeat(b, m.epoch, m.number, m.commit);
}
offset<wire::BeatAnswer> body(builder& b, const peer::beat_answer& m) {
  return wire::CreateBeatAnswer(b, m.epoch, m.number, m.version);
}
offset<wire::StepDown> body(builder& b, const peer::step_down& m) {
  return wire::CreateStepDown(b, m.epoch);
}
offset<wire::Stale> body(builder& b, const peer::stale& m) { return wire::CreateStale(b, m.epoch); }
offset<wire::Join> body(builder& b, const peer::join& m) {
  return wire::CreateJoin(b, m.voter_id, m.holds_ledger);
}
offset<wire::Leave> body(builder& b, const peer::leave&) { return wire::CreateLeave(b); }
offset<wire::SnapshotPiece> body(builder& b, const peer::snapshot_piece& m) {
  const auto entries = m.entries.empty() ? 0 : write_ops(b, m.entries);
  const auto state = m.state.empty() ? 0 : b.CreateVector(m.state);
  return wire::CreateSnapshotPiece(b, m.epoch, m.session, m.incarnation, m.number, m.last, state,
                                   entries);
}
offset<wire::PiecesTaken> body(builder& b, const peer::pieces_taken& m) {
  return wire::CreatePiecesTaken(b, m.epoch, m.session, m.pieces);
}
offset<wire::Append> body(builder& b, const peer::append& m) {
  const auto ops = write_ops(b, m.ops);
  return wire::CreateAppend(b, m.epoch, m.session, m.incarnation, m.first, ops, m.commit);
}
offset<wire::Appended> body(builder& b, const peer::ack& m) {
  return wire::CreateAppended(b, m.epoch, m.session, m.index);
}

template <class Body>
wire::PeerBody finish(builder& b, offset<wire::Member> from, offset<Body> body,
                      std::uint32_t group) {
  constexpr auto kind = wire::PeerBodyTraits<Body>::enum_value;
  wire::FinishPeerMessageBuffer(b, wire::CreatePeerMessage(b, from, kind, body.Union(), group));
  return kind;
}

wire::PeerBody build(builder& b, const member& from, const peer::message& message,
                     std::uint32_t group) {
  b.ForceDefaults(true); // so that a kind of message has one shape
  const auto sender = write(b, from);
  return std::visit([&](const auto& m) { return finish(b, sender, body(b, m), group); }, message);
}

std::vector<std::uint8_t> shape(const peer::message& message) {
  builder b(128);
  build(b, {"a", 1}, message, 1);
  return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
}

template <class Make>
op_bytes shape_of_op(Make make) {
  builder b(512);
  const auto bytes = finish_op(b, 1, 1, make(b));
  return std::make_shared<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end());
}

// An append with a confirmation and a result, up to the result's contents, since no two of these
// are alike.
std::vector<std::uint8_t> shape_of_append() {
  constexpr std::size_t alike_bytes = 256;
  const auto confirmed =
      shape_of_op([](builder& b) { return wire::CreateCloudAckedDirect(b, "cloud", 1); });
  const auto result = shape_of_op([](builder& b) {
    return wire::CreateFinishedDirect(b, "camera", 1, 1, "app", 1, 1, 1, 1, 1, 1,
                                      wire::CreateInferenceDirect(b, "model", "1", 1));
  });
  auto bytes = shape(peer::append{1, 1, 1, 1, {confirmed, result}, 1});
  bytes.resize(alike_bytes);
  return bytes;
}

} // namespace

std::span<const std::uint8_t> shape_of(wire::PeerBody kind) {
  static const auto beat = shape(peer::beat{1, 1, 1});
  static const auto beat_answer = shape(peer::beat_answer{1, 1, 1});
  static const auto ack = shape(peer::ack{1, 1, 1});
  static const auto append = shape_of_append();
  switch (kind) {
  case wire::PeerBody::Append:
    return append;
  case wire::PeerBody::Beat:
    return beat;
  case wire::PeerBody::BeatAnswer:
    return beat_answer;
  case wire::PeerBody::Appended:
    return ack;
  default:
    return {};
  }
}

std::uint32_t group_tag(const std::string& name) {
  return flatbuffers::HashFnv1a<std::uint32_t>(name.c_str());
}

std::vector<std::uint8_t> encode_peer(const member& from, const peer::message& message,
                                      std::uint32_t group) {
  builder b(512);
  const auto kind = build(b, from, message, group);
  std::vector<std::uint8_t> packed;
  packed.reserve(1 + b.GetSize());
  if (b.GetSize() > limits::packed_bytes) { // pictures and results in bulk have few zeros
    packed.push_back(as_it_is);
    packed.insert(packed.end(), b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize());
    return packed;
  }
  packed.push_back(static_cast<std::uint8_t>(kind));
  pack({b.GetBufferPointer(), b.GetSize()}, shape_of(kind), packed);
  return packed;
}

} // namespace monopod
