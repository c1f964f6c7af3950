// Any bytes that an outsider may send to a replica: they decode to nothing, or to a message within
// the bounds, which survives being encoded and decoded again.
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "replication/peer_codec.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/some_messages.hpp"

#include <variant>

namespace monopod::fuzz {

std::vector<bytes> valid_inputs() {
  std::vector<bytes> inputs;
  for (const auto& m : some_messages())
    inputs.push_back(encode_peer({"north.gate", 5}, m, 7));
  return inputs;
}

namespace {

void check(const view_ptr& v) {
  MONOPOD_ENSURE(v == nullptr || (v->version > 0 && v->in_sync.size() <= limits::group_members &&
                                  v->voters.size() <= limits::group_members),
                 "views are bounded");
}

} // namespace

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace monopod;
  const fuzz::bytes aligned(data, data + size);
  const auto message = decode_peer(std::as_bytes(std::span(aligned)));
  if (!message)
    return 0;
  if (const auto* m = std::get_if<peer::decided>(&message->body))
    fuzz::check(m->value);
  if (const auto* m = std::get_if<peer::looked>(&message->body))
    fuzz::check(m->decided);
  const auto again = encode_peer(message->from, message->body, message->group);
  const auto back = decode_peer(std::as_bytes(std::span(again)));
  MONOPOD_ENSURE(back && back->from == message->from, "what was taken can be sent");
  MONOPOD_ENSURE(encode_peer(back->from, back->body, back->group) == again, "and is the same");
  return 0;
}
