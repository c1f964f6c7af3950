#include "replication/peer_codec.hpp"
#include "replication/view_codec.hpp"
#include "schemas/peer_generated.h"

namespace monopod {

namespace {

using builder = flatbuffers::FlatBufferBuilder;
using codec::offset;
using codec::write;

// Buffers inside buffers keep their alignment.
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
  return wire::CreateBeat(b, m.epoch, m.number);
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
void finish(builder& b, offset<wire::Member> from, offset<Body> body) {
  wire::FinishPeerMessageBuffer(
      b, wire::CreatePeerMessage(b, from, wire::PeerBodyTraits<Body>::enum_value, body.Union()));
}

} // namespace

std::vector<std::uint8_t> encode_peer(const member& from, const peer::message& message) {
  builder b(512);
  const auto sender = write(b, from);
  std::visit([&](const auto& m) { finish(b, sender, body(b, m)); }, message);
  return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
}

} // namespace monopod
