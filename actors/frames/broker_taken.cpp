// Acknowledgement `replicated`: frames go into the ledger before they are acknowledged, and whoever
// serves finishes what is there, with its camera or without (ADR 15).
#include "actors/frames/broker.hpp"
#include "schemas/codec.hpp"
#include "schemas/frame_info.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace monopod {

void broker::take(const std::string& camera, const frame_info& info, const payload& body) {
  auto& b = builder_;
  b.Clear();
  const auto picture =
      b.CreateVector(reinterpret_cast<const std::uint8_t*>(body.bytes().data()), body.size_bytes());
  const auto frame = write_frame(b, camera, info);
  const auto encoded =
      finish_op(b, set_by_ledger, set_by_ledger, wire::CreateFrameTaken(b, frame, picture));
  send(ledger_, append_atom::value,
       std::make_shared<std::vector<std::uint8_t>>(encoded.begin(), encoded.end()));
}

void broker::on_taken(const std::string& camera, std::uint64_t stream, std::uint64_t seq) {
  const auto* c = delivery_.find_camera(camera);
  if (c == nullptr || c->stream != stream)
    return;
  auto& taken_seq = routes_[camera].taken_seq;
  taken_seq = std::max(taken_seq, seq);
  update_cursor(camera);
}

// What this broker, or this node, does not know yet.
void broker::finish_taken(const std::string& camera, const std::vector<op_bytes>& frames) {
  for (const auto& bytes : frames) {
    const auto& op = *wire::GetOp(bytes->data())->body_as_FrameTaken();
    const auto info = read_frame(*op.frame());
    auto& taken_seq = routes_[camera].taken_seq;
    taken_seq = std::max(taken_seq, info.seq);
    const payload picture(bytes,
                          std::as_bytes(std::span(op.picture()->data(), op.picture()->size())));
    if (delivery_.add_taken(camera, info, picture) == intake::settled)
      finish_unowed(camera, info);
  }
  if (!frames.empty())
    for (const auto app : delivery_.find_camera(camera)->subscribers)
      deliver(std::string(app));
}

// Their cameras may never come back.
void broker::ask_unfinished() {
  if (lead_.serving() == 0)
    return;
  request(ledger_, caf::infinite, taken_atom::value)
      .then(
          [this](const unfinished_cameras& list) {
            for (const auto& [camera, stream] : list) {
              const auto* known = delivery_.find_camera(camera);
              if ((known == nullptr || known->stream != stream) &&
                  opening_.try_emplace(camera, opening{0, stream}).second)
                ask_ledger(camera, stream);
            }
          },
          [](const caf::error&) {}); // its successor is asked
}

} // namespace monopod
