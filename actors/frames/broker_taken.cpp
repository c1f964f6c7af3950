// Acknowledgement `replicated`: frames go into the ledger before they are acknowledged, and the
// node that serves finishes those that are there, with their camera or without it (ADR 15).
#include "actors/frames/broker.hpp"
#include "schemas/codec.hpp"
#include "schemas/frame_info.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace monopod {

void broker::take(camera_record& c, const frame_info& info, const payload& body) {
  c.taking_seq = info.seq;
  auto& b = builder_;
  b.Clear();
  const auto picture =
      b.CreateVector(reinterpret_cast<const std::uint8_t*>(body.bytes().data()), body.size_bytes());
  const auto frame = write_frame(b, c.name, info);
  const auto encoded = finish_op(b, unsealed_op::placeholder, unsealed_op::placeholder,
                                 wire::CreateFrameTaken(b, frame, picture));
  send(ledger_, append_atom::value, std::make_shared<unsealed_op>(encoded));
}

void broker::on_taken(std::string_view name, std::uint64_t stream, std::uint64_t seq) {
  auto* c = find_open(name);
  if (c == nullptr || c->at_delivery->stream != stream)
    return;
  // The ledger may have had no room for an earlier frame, which is then owed and not held.
  const auto owed = std::ranges::find_if(c->at_delivery->frames, [c](const auto& f) {
    return !f.owed.empty() && f.what->info.seq > c->taken_seq;
  });
  if (owed != c->at_delivery->frames.end() && owed->what->info.seq < seq)
    return;
  c->taken_seq = std::max(c->taken_seq, seq);
  update_cursor(*c);
}

// Finishes the frames that this broker, or this node, does not know yet.
void broker::finish_taken(camera_record& c, const std::vector<op_bytes>& frames) {
  for (const auto& bytes : frames) {
    const auto& op = *wire::GetOp(bytes->data())->body_as_FrameTaken();
    const auto info = read_frame(*op.frame());
    c.taken_seq = c.taking_seq = std::max(c.taken_seq, info.seq);
    const payload picture(bytes,
                          std::as_bytes(std::span(op.picture()->data(), op.picture()->size())));
    if (delivery_.add_taken(*c.at_delivery, info, picture) == intake::settled)
      finish_unowed(c, info);
  }
  if (!frames.empty())
    for (const auto app : c.at_delivery->subscribers)
      deliver(app);
}

// Opens cameras that have frames in the ledger, since they may never return by themselves.
void broker::ask_unfinished() {
  if (lead_.serving() == 0)
    return;
  request(ledger_, caf::infinite, taken_atom::value)
      .then(
          [this](const unfinished_cameras& list) {
            for (const auto& [name, stream] : list) {
              auto* c = find_or_add(name);
              if (c == nullptr)
                return; // more than the ledger can know
              const bool here = c->at_delivery != nullptr && c->at_delivery->stream == stream;
              if (here || c->asked)
                continue;
              c->asked = opening{0, stream};
              ask_ledger(*c);
            }
          },
          [](const caf::error&) {}); // its successor is asked
}

} // namespace monopod
